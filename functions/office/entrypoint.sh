#!/bin/sh
# Starts the function. Lambda's runtime API is there on Lambda; elsewhere the runtime interface
# emulator stands in for it, where one was put into the image or mounted.
if [ -z "${AWS_LAMBDA_RUNTIME_API:-}" ] && [ -x /usr/local/bin/aws-lambda-rie ]; then
  exec /usr/local/bin/aws-lambda-rie python3 -m awslambdaric "$@"
fi
exec python3 -m awslambdaric "$@"
