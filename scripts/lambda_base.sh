#!/bin/bash
# A stand-in for Lambda's base image, public.ecr.aws/lambda/python:3.13, where that cannot be pulled.
#
#   scripts/lambda_base.sh [--force]      the image, unless it is there
#   scripts/lambda_base.sh --debian       only the Debian below it: mediamill-lambda-base:debian
#
# Pulls the public image; failing that, makes one that works alike from Debian's packages: Python
# 3.13, the runtime's client and boto3 where Lambda has them, and the runtime emulator that comes
# with the SAM CLI. It needs Docker, mmdebstrap, and this project's .venv (`make setup`), no root
# beyond what Docker asks for. `sam local invoke --skip-pull-image` then runs functions in it.
set -euo pipefail

readonly image=public.ecr.aws/lambda/python:3.13
root=$(cd "$(dirname "$0")/.." && pwd)
readonly root
readonly bin=$root/.venv/bin
readonly work=$root/.build/lambda-base

case $(uname -m) in
  x86_64) readonly processor=x86_64 platform=x86_64-manylinux_2_28 ;;
  aarch64 | arm64) readonly processor=arm64 platform=aarch64-manylinux_2_28 ;;
  *) echo "Lambda has no $(uname -m)." >&2; exit 1 ;;
esac
readonly tagged=$image-$processor  # the name by which SAM looks for it

debian() {
  if [ ! -s "$work/trixie.tar" ]; then
    mkdir -p "$work"
    mmdebstrap --quiet --variant=minbase --include=python3,ca-certificates trixie "$work/partial.tar"
    mv "$work/partial.tar" "$work/trixie.tar"
  fi
  docker import "$work/trixie.tar" mediamill-lambda-base:bare >/dev/null
  # Whoever this machine trusts, such as a company's proxy, is trusted inside too.
  mkdir -p "$work/trust"
  cat /etc/ssl/certs/ca-certificates.crt > "$work/trust/ca-certificates.crt" 2>/dev/null || true
  printf 'FROM mediamill-lambda-base:bare\nCOPY ca-certificates.crt /etc/ssl/certs/\n' \
    | docker build --quiet --tag mediamill-lambda-base:debian --file - "$work/trust" >/dev/null
}

if [ "${1:-}" = --debian ]; then
  debian
  exit
fi
if [ "${1:-}" != --force ] && docker image inspect "$tagged" >/dev/null 2>&1; then
  echo "$tagged is there."
  exit
fi
if timeout 60 docker pull --quiet "$tagged" 2>/dev/null; then
  exit
fi

echo "The public image cannot be pulled: making a stand-in for $tagged."
mkdir -p "$work/context"
debian

# What Lambda's runtime brings, at the versions of the lock.
rm -rf "$work/context/runtime"
(cd "$root" && grep -E '^(awslambdaric|boto3|botocore|jmespath|python-dateutil|s3transfer|simplejson|six|snapshot-restore-py|urllib3)==' requirements.lock \
  | sed 's/[ ;\\].*//') > "$work/runtime.txt"
"$bin/uv" pip install --quiet --no-deps --python-version 3.13 --python-platform "$platform" \
  --only-binary :all: --target "$work/context/runtime" --requirement "$work/runtime.txt"
cp "$("$bin/python" -c 'import pathlib, samcli; print(pathlib.Path(samcli.__file__).parent)')/local/rapid/aws-lambda-rie-$processor" \
  "$work/context/aws-lambda-rie"

cat > "$work/context/bootstrap" <<'END'
#!/bin/sh
export PYTHONPATH="${LAMBDA_TASK_ROOT:-/var/task}:/opt/python:/var/runtime${PYTHONPATH:+:$PYTHONPATH}"
exec python3.13 -m awslambdaric "${_HANDLER:-$1}"
END
cat > "$work/context/lambda-entrypoint.sh" <<'END'
#!/bin/sh
export _HANDLER="$1"
if [ -z "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
  exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
fi
exec /var/runtime/bootstrap
END
cat > "$work/context/Dockerfile" <<'END'
FROM mediamill-lambda-base:debian
COPY runtime /var/runtime
COPY bootstrap /var/runtime/bootstrap
COPY lambda-entrypoint.sh /lambda-entrypoint.sh
COPY aws-lambda-rie /usr/local/bin/aws-lambda-rie
RUN chmod +x /var/runtime/bootstrap /lambda-entrypoint.sh /usr/local/bin/aws-lambda-rie \
 && mkdir -p /var/task /opt /var/rapid && python3.13 -m compileall -q /var/runtime
ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime LANG=C.UTF-8
WORKDIR /var/task
ENTRYPOINT ["/lambda-entrypoint.sh"]
END
docker build --quiet --tag "$image" --tag "$tagged" "$work/context" >/dev/null
echo "$tagged is made."
