"""An application: a topology that runs on a log."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self

from headrace.app.checks import runnable
from headrace.app.instance import CurrentDirectory, Instance
from headrace.app.queries.routing import Routing
from headrace.app.queries.view import Queries, QueryView
from headrace.app.rebuilds import Rebuilds, remove_state
from headrace.app.registries import with_registry
from headrace.app.serving import serving
from headrace.app.signals import stop_on_signals
from headrace.app.states import ACTIVE, TRANSITIONS, AppState, StateListener, made_ready, not_running, tell
from headrace.app.stores import Read, StoreView
from headrace.app.uncaught import OnUncaught, is_replaced, say_if_unheard, stop_client
from headrace.app.watchdog import Watchdog
from headrace.app.wiring import POLICY_OPTIONS, settled
from headrace.app.workers.crew import Crew, is_told
from headrace.app.workers.link import LINK, Calls
from headrace.app.workers.starting import require_sharable
from headrace.config.app_config import AppConfig
from headrace.core.errors import HeadraceError, LifecycleError, StalledError, StoreCorruptError
from headrace.core.state_machine import StateMachine
from headrace.core.time import Clock, Duration, SystemClock, to_ms
from headrace.log.api import Log
from headrace.observe.events import event_logger
from headrace.observe.metrics import Metrics
from headrace.runtime.commit.committer import CommitProbe, no_probe
from headrace.runtime.restore.listeners import RestoreListener
from headrace.runtime.tasks.services import NodeWrapper
from headrace.runtime.topics import TopicLayout
from headrace.runtime.worker import End, Worker
from headrace.topology.physical import Topology

_log = event_logger("app")


class App:
    """Runs a topology: on the embedded log by default.

    One instance owns an application id on an embedded log at a time. `start` returns at once and installs no signal handlers
    (for notebooks and servers); `run` stays until the end and stops in order on SIGINT and SIGTERM.

    Args:
        app_id: Names the group, the internal topics and the state directory.
        topology: What `StreamsBuilder.build()` returned.
        log: A log that is open already; by default the embedded log in `data_dir`.
        clock: Wall clock.
        on_uncaught: Asked what to do when the application fails; by default it stops.
        wrap_nodes: Wraps each processor's function, for tracing: takes the node's name and its function
            `(key, value, timestamp, headers)`, and returns the function to be called in its place. Source: KIP-1112.
        commit_probe: Watches commits; for fault injection and measurements.
        config: A configuration that is settled already, in place of `options`.
        options: Options by name (docs/reference/configuration.md). `on_decode_error`, `on_process_error` and
            `on_produce_error` also take functions `(FailedRecord) -> Decision`.

    Raises:
        ConfigurationError: An option is unknown or wrong.
    """

    def __init__(
        self,
        app_id: str | None,
        topology: Topology,
        *,
        log: Log | None = None,
        clock: Clock | None = None,
        on_uncaught: OnUncaught = stop_client,
        wrap_nodes: NodeWrapper | None = None,
        commit_probe: CommitProbe = no_probe,
        config: AppConfig | None = None,
        **options: Any,
    ) -> None:
        handlers = {name: options.pop(name) for name in POLICY_OPTIONS if callable(options.get(name))}
        self._given_topology = runnable(topology)
        self._metrics = Metrics()
        self.configure(settled(config, {"app_id": app_id, **options}))
        self._handlers = handlers
        self._given_log = log
        self._clock = clock or SystemClock()
        self._on_uncaught = on_uncaught
        self._probe = commit_probe
        self._wrap_nodes = wrap_nodes
        self.url: str | None = None  # where its server is reached from this machine, while it serves
        self._state_listeners: list[StateListener] = []
        self._restore_listeners: list[RestoreListener] = []
        self._machine = StateMachine(f"application {self.config.app_id!r}", AppState.CREATED, TRANSITIONS, self._changed)
        self._instance: Instance | Crew | None = None
        self._error: BaseException | None = None
        self._error_raised = False
        self._beginning = threading.Lock()
        self._living_in: int | None = None
        self._has_run = False
        self._ended = threading.Event()
        self._ended.set()
        self._settled = threading.Event()
        self._stop_asked = threading.Event()
        self._paused = threading.Event()

    def configure(self, config: AppConfig) -> None:
        """Takes other options, before it is started: those of a command line win over the program's."""
        self.config = config
        self.topology = with_registry(self._given_topology, config)
        self.queries = Queries(Routing(self.topology, CurrentDirectory(lambda: self.instance)), self._tasks_now)
        self.watchdog = Watchdog(config, self._metrics, lambda: self.instance)
        self._rebuilds = Rebuilds(config.state_path / config.app_id)

    # ---- life cycle -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> AppState:
        """The state now."""
        return self._machine.state

    @property
    def error(self) -> BaseException | None:
        """What the application failed on, in state ERROR."""
        return self._error

    def on_state(self, listener: StateListener) -> None:
        """Calls back at each change of state."""
        self._state_listeners.append(listener)

    def on_restore(self, listener: RestoreListener) -> None:
        """Follows the restore of stores."""
        self._restore_listeners.append(listener)

    def start(self) -> None:
        """Starts in a thread of its own and returns.

        Raises:
            LifecycleError: It runs already.
            ConfigurationError: It has several workers: they take a command line of their own, see `run`.
        """
        require_sharable(self.config, self._given_log, in_thread=True)
        self._begin()
        self._living_in = None
        threading.Thread(target=self._in_thread, name=f"headrace-{self.config.app_id}", daemon=True).start()

    def run(self, *, until_end: bool = False) -> None:
        """Runs until it is stopped by a signal or `close`, or with `until_end` until all input there is now is consumed.

        With several `workers` each runs the command line of this process again, up to here; what follows `run` is done once.

        Raises:
            HeadraceError: What it failed on.
        """
        if LINK is not None and LINK.app_id != self.config.app_id:
            return  # a worker of another application of this program
        require_sharable(self.config, self._given_log)
        self._begin()
        if LINK is not None:
            self.config = LINK.open(self.config, Calls(self._ask_to_stop, self.pause, self.resume), self._metrics)
        with stop_on_signals(self._ask_to_stop, notice=LINK is None):
            self._live(until_end=until_end)
        if LINK is not None:
            LINK.leave(self._error)
        self._raise_error()

    def wait_until_running(self, timeout: Duration = "60s") -> None:
        """Waits until all stores are restored and processing begins.

        Raises:
            LifecycleError: It takes longer, or it has ended before.
            HeadraceError: It failed before.
        """
        deadline_s = to_ms(timeout) / 1000
        in_time = self._settled.wait(deadline_s)
        self._raise_error()
        if not in_time or not self._has_run:
            so = f"still {self.state.name} after {deadline_s:g} s" if not in_time else f"{self.state.name} and has not run"
            message = f"application {self.config.app_id!r} is {so}"
            raise LifecycleError(message)

    def wait(self, timeout: Duration | None = None) -> bool:
        """Waits until it has ended; False if it has not within the time. Raises what it failed on."""
        ended = self._ended.wait(None if timeout is None else to_ms(timeout) / 1000)
        if ended:
            self._raise_error()
        return ended

    def close(self, timeout: Duration = "60s") -> bool:
        """Stops in order: commits what is done, closes stores. True if it has ended within the time."""
        self._ask_to_stop()
        if self.state is AppState.CREATED:
            self._machine.to(AppState.NOT_RUNNING)
        if self._living_in == threading.get_ident():
            return self._ended.is_set()  # whoever lives cannot wait for its own end
        return self._ended.wait(to_ms(timeout) / 1000)

    def pause(self) -> None:
        """Stops processing and punctuation until `resume`; what was done is committed, and nothing is given up.

        An application that is paused before it starts begins paused.
        """
        self._paused.set()
        if self._instance is not None:
            self._instance.pause()

    def resume(self) -> None:
        """Goes on after `pause`."""
        self._paused.clear()
        if self._instance is not None:
            self._instance.resume()

    @property
    def instance(self) -> Instance | Crew | None:
        """The life that is being lived, for those who look on; None before the start and after the end."""
        return self._instance

    @property
    def paused(self) -> bool:
        """Whether it is paused, or will begin so."""
        return self._paused.is_set()

    def clean_up(self) -> None:
        """Deletes the local state; it is restored from changelogs at the next start.

        Raises:
            LifecycleError: The application runs.
            OwnedError: It runs in another process.
        """
        if self.state in ACTIVE:
            message = f"application {self.config.app_id!r} is {self.state.name}: its state cannot be deleted"
            raise LifecycleError(message, hint="close it first")
        remove_state(self.config, self._given_log)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
        if kind is None and not self._error_raised:
            self._raise_error()

    # ---- looking in -----------------------------------------------------------------------------------------------

    def store(self, name: str, read: Read = "latest") -> StoreView:
        """A read-only view of a store over all tasks of this instance.

        Args:
            name: The store's name.
            read: `latest` sees updates that are not committed yet, `committed` does not.

        Raises:
            UnknownStoreError: The topology has none of that name.
            LifecycleError: The application does not run.
        """
        view = StoreView(self.topology, lambda: self._active_instance().worker, name, read)
        self._active_instance()
        return view

    def query(self, name: str, *, read: Read = "latest", stale: bool = False, timeout: Duration = "10s") -> QueryView:
        """A read-only view of a store over all instances: a key that is not here is asked for where it is.

        Args:
            name: The store's name.
            read: `latest` sees updates that are not committed yet, `committed` does not.
            stale: Whether standbys may answer where the task itself cannot; the view's `lag` says how far they are behind.
            timeout: How long to wait while tasks move from one instance to another.

        Raises:
            UnknownStoreError: The topology has none of that name.
            StateError: It is a buffer of the engine's own.
        """
        return QueryView(self.queries, name, read=read, stale=stale, timeout=timeout)

    @property
    def metrics(self) -> Metrics:
        """What the application counts and measures, also when it has ended (docs/how-to/metrics.md)."""
        return self._metrics

    def lag(self) -> int:
        """Records between the tasks' positions and the ends of their inputs."""
        return self._active_instance().lag()

    # ---- inside ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        with self._beginning:
            if self.state in ACTIVE:
                message = f"application {self.config.app_id!r} is {self.state.name} already"
                raise LifecycleError(message)
            self._error = None
            self._error_raised = False
            self._has_run = False
            self._ended.clear()
            self._settled.clear()
            self._stop_asked.clear()
            self._living_in = threading.get_ident()
            self._machine.to(AppState.REBALANCING)

    def _in_thread(self) -> None:
        self._live(until_end=False)
        if self._error is not None:
            say_if_unheard(self.config.app_id, self._error)

    def _raise_error(self) -> None:
        """Raises what it failed on, if it has."""
        if self._error is not None:
            self._error_raised = True
            raise self._error

    def _live(self, *, until_end: bool) -> None:
        """One life after the other, until it ends in order or the answer to an error is to stop."""
        self._living_in = threading.get_ident()
        try:
            with self.watchdog, serving(self):
                while self._one_life(until_end=until_end):
                    self._machine.to(AppState.REBALANCING)
        except HeadraceError as error:  # the server could not be started: there has been no life yet
            self._machine.to(AppState.PENDING_ERROR)
            self._fail(error)
        finally:
            self.queries.peers.close()
            self._living_in = None
            self._settled.set()
            self._ended.set()

    def _one_life(self, *, until_end: bool) -> bool:
        """Whether another life is to follow."""
        instance = self._new_life()
        instance.url = self.config.advertise or self.url
        self._instance = instance
        try:
            end = instance.live(
                self._running, self._stop_asked, self._restore_listeners, self._probe, self._paused, until_end=until_end
            )
        except BaseException as error:
            return self._goes_on_after(error)
        finally:
            self._instance = None
        if end is End.TOPICS_CHANGED and not self._stop_asked.is_set():
            return True
        if self.state is not AppState.PENDING_SHUTDOWN:
            self._machine.to(AppState.PENDING_SHUTDOWN)
        self._machine.to(AppState.NOT_RUNNING)
        return False

    def _new_life(self) -> Instance | Crew:
        if self.config.workers > 1 and LINK is None:
            return Crew(self.config, self.topology, self._metrics, self._handlers)
        log, wrap_nodes = self._given_log, self._wrap_nodes
        return Instance(self.config, self.topology, log, self._clock, self._metrics, self._handlers, wrap_nodes, LINK)

    def _goes_on_after(self, error: BaseException) -> bool:
        self._machine.to(AppState.PENDING_ERROR)
        self.watchdog.over()
        if isinstance(error, Exception) and not is_told(error) and self._is_mended(error):
            return True
        self._fail(error)
        return False

    def _fail(self, error: BaseException) -> None:
        self._error = error
        if LINK is None:
            _log.error("stopped_by_error", app=self.config.app_id, problem=str(error))
        self._machine.to(AppState.ERROR)

    def _is_mended(self, error: Exception) -> bool:
        if isinstance(error, StoreCorruptError) and self._rebuilds.begin(error, self.topology):
            return True
        if isinstance(error, StalledError) and self.config.on_stall == "restart":
            return not self._stop_asked.is_set()
        return is_replaced(error, self._on_uncaught, self._stop_asked, self.config.app_id)

    def _running(self) -> None:
        self._machine.to(AppState.RUNNING)
        self._has_run = True
        self._settled.set()

    def _ask_to_stop(self) -> None:
        self._stop_asked.set()
        instance = self._instance
        if instance is not None:
            instance.stop()

    def _changed(self, new: AppState, old: AppState) -> None:
        _log.info("state_changed", app=self.config.app_id, new=new.name, old=old.name)
        tell(self._state_listeners, self.config.app_id, new, old)

    def _tasks_now(self) -> tuple[Worker | None, TopicLayout]:
        running = self.state is AppState.RUNNING
        instance = self._active_instance() if running or self.state not in ACTIVE else self._instance
        if instance is None or instance.layout is None:
            raise made_ready(self.config.app_id, self.state)
        return instance.worker if running and instance.has_worker else None, instance.layout

    def _active_instance(self) -> Instance | Crew:
        instance = self._instance
        if instance is None or self.state not in ACTIVE:
            raise not_running(self.config.app_id, self.state, self._error)
        return instance
