"""The local stack: `mediamill up` and the end-to-end tests are this one class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from mediamill_cli.errors import Failure
from mediamill_cli.local import containers, office, project, sam, server
from mediamill_cli.local.account import local_stack
from mediamill_cli.local.announce import announce_swallowed
from mediamill_cli.local.folder import DEFAULT, Server, StateFolder
from mediamill_cli.local.office import Office, Phase, Progress, Worker
from mediamill_cli.local.tuning import tune
from mediamill_cli.stack import DEFAULT_NAME, Stack

DEFAULT_PORT = 4566


def _silent(_: str) -> AbstractContextManager[Progress]:
    return nullcontext(lambda _: None)


class LocalStack:
    """MiniStack and the deployed template, on a port and in a state folder of their own.

        with LocalStack(root, state_dir=tmp / "stack", port=0) as stack:
            stack.s3.put_object(Bucket=stack.uploads, …)

    `port` 0 takes any free one; None the last one used, or 4566. `auth` enforces IAM. `build_dir`
    lets several stacks share what `sam build` made. `parameters` are the template's; `office` says
    who makes PDFs of Office files, unless they do. `notice` is told what is not as one would wish.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        state_dir: Path | None = None,
        build_dir: Path | None = None,
        port: int | None = None,
        auth: bool = True,
        parameters: Mapping[str, str] | None = None,
        office: Office = Office.AUTO,
        name: str = DEFAULT_NAME,
        phase: Phase = _silent,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.root = root or project.find_root()
        self.folder = StateFolder(state_dir or self.root / DEFAULT, build=build_dir)
        self.name = name
        self._port = port
        self._auth = auth
        self._parameters = dict(parameters or {})
        self._office = office
        self._phase = phase
        self._notice = notice
        self._settled: Worker | None = None

    def __enter__(self) -> Stack:
        try:
            return self.up()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def server(self) -> Server | None:
        """The server, if it runs."""
        return self.folder.running()

    def up(self) -> Stack:
        """Start, build and deploy whatever is not there yet, and return the stack.

        Raises Failure if the port is taken, or a build or deployment fails.
        """
        self.folder.create()
        with self.folder.starting():
            started = self.start()
            self.build()
            deployed = self.deploy()
            stack = self.stack()
            if started or deployed:
                with self._phase("Looking for uploads that were not announced"):
                    announce_swallowed(stack, self._notice)
            return stack

    def start(self) -> bool:
        """Start the server; False if it ran already, and had what it needs."""
        self.folder.create()
        running = self.server
        if running is not None:
            self._refuse_other_port(running)
            if running.has_containers or self._worker().containers is None:
                return False
            self._end()
        port = self._chosen_port()
        here = self._worker().containers
        with self._phase("Starting the local server"):
            server.start(self.folder, port, auth=self._auth, containers=here)
        return True

    def build(self) -> bool:
        """`sam build`, if anything it reads has changed; False if nothing had."""
        with self.folder.building(), self._phase("Building the functions"):
            return sam.build(self._project(), self.folder)

    def deploy(self) -> bool:
        """`sam deploy`, if the build is not the one deployed; False if it was."""
        running = self._running()
        stack = local_stack(running, self.name)
        if sam.is_deployed(self.folder, stack):
            return False
        with self._phase("Deploying the stack"):
            sam.deploy(self._project(), self.folder, running, stack)
            tune(stack)
        # The server writes its state down when it stops. Doing so once now means that even
        # a killed server comes back with this deployment.
        self.restart()
        return True

    def restart(self) -> None:
        """Stop the server and start it again on the same port, with all it held."""
        with self._phase("Writing the deployment down"):
            port = self._running().port
            self._end()
            here = self._worker().containers
            server.start(self.folder, port, auth=self._auth, containers=here)

    def stop(self) -> bool:
        """End the server, its functions, and what they left; False if it did not run."""
        ran = self._end()
        containers.stop(self.folder)
        return ran

    def _end(self) -> bool:
        containers.clear(self.folder)  # or the server waits for what they keep open
        return server.stop(self.folder)

    def stack(self) -> Stack:
        """The running stack, with clients for it."""
        return local_stack(self._running(), self.name)

    def _running(self) -> Server:
        running = self.server
        if running is None:
            raise Failure(
                "The local server is not running.",
                do=f"Start it with `mediamill up`; its log is {self.folder.log}.",
            )
        return running

    def _project(self) -> project.Project:
        here = project.on_this_machine(self.root)
        told = {**here.parameters, **self._worker().parameters, **self._parameters}
        return replace(here, parameters=told)

    def _worker(self) -> Worker:
        """Who makes PDFs of Office files; found out once."""
        if self._settled is None:
            running = self.server
            self._settled = office.settle(
                office.asked(self._office, self._parameters),
                self.root,
                self.folder,
                given=self._parameters.get("OfficeImage", ""),
                served=running is not None and running.has_containers,
                phase=self._phase,
                notice=self._notice,
            )
        return self._settled

    def _chosen_port(self) -> int:
        """The port of the deployment in the folder: addresses of queues have it in them."""
        last = self.folder.last_port()
        if last is None or not self.folder.deployed():
            return (last or DEFAULT_PORT) if self._port is None else self._port
        if self._port and self._port != last:
            raise Failure(
                f"The stack in {self.folder.root} was deployed on port {last}, and works there.",
                do=f"Leave --port out, or start another stack: --state OTHER --port {self._port}.",
            )
        return last

    def _refuse_other_port(self, running: Server) -> None:
        if self._port and self._port != running.port:
            raise Failure(
                f"The local stack already runs, on port {running.port}.",
                do="Use it there, or run `mediamill down` before starting it on another port.",
            )
