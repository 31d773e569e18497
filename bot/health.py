"""How the providers are doing, as this process sees it: circuits, pauses, measured times.

Nothing here is stored. A process that starts knows nothing bad about anybody, and learns it from
requests that cost nothing when they are refused.
"""

import statistics
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

FAILURES_TO_OPEN = 3
"""So many failures in a row, and nobody is sent there for a while."""

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 600.0
GONE_FOR_S = 6 * 3600.0
"""How long an endpoint is left alone that the provider said it does not serve."""

_MEASURED = 20


@dataclass
class Circuit:
    """One provider's circuit breaker: closed, open until a moment, then half open for one probe."""

    failures: int = 0
    """Orders in a row that came to nothing."""
    breaks: int = 0
    """Runs in a row that were taken and broke."""
    pauses: int = 0
    open_until: float = 0.0
    busy_until: float = 0.0
    probing_until: float = 0.0
    gone: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def is_open(self) -> bool:
        """Whether it failed too often and has not succeeded since."""
        return self.pauses > 0


class Health:
    """What every provider did lately. The clock gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._circuits: defaultdict[str, Circuit] = defaultdict(Circuit)
        self._seconds: defaultdict[tuple[str, str], deque[float]] = defaultdict(
            lambda: deque(maxlen=_MEASURED)
        )

    def admits(self, provider: str) -> bool:
        """Whether a run may be tried there: its circuit is closed, or due for a probe."""
        now, circuit = self._clock(), self._circuits[provider]
        return not circuit.is_open or now >= max(circuit.open_until, circuit.probing_until)

    def is_gone(self, provider: str, endpoint: str) -> bool:
        """Whether a provider said lately that it does not serve an endpoint."""
        return self._circuits[provider].gone.get(endpoint, 0.0) > self._clock()

    def is_open(self, provider: str) -> bool:
        """Whether a provider failed too often lately."""
        return self._circuits[provider].is_open

    def pause_s(self, provider: str) -> float:
        """Return for how long a provider asked not to be asked, or its circuit is open yet."""
        circuit = self._circuits[provider]
        return max(0.0, max(circuit.busy_until, circuit.open_until) - self._clock())

    def busy_s(self, provider: str) -> float:
        """Return for how long a provider asked not to be asked again."""
        return max(0.0, self._circuits[provider].busy_until - self._clock())

    def began(self, provider: str, *, patience_s: float) -> None:
        """Note that a run is being tried; through an open circuit it is the only one so long."""
        circuit = self._circuits[provider]
        if circuit.is_open:
            circuit.probing_until = self._clock() + patience_s

    def released(self, provider: str) -> None:
        """Note that a run was not tried after all: somebody else may be the probe."""
        self._circuits[provider].probing_until = 0.0

    def took(self, provider: str) -> None:
        """Note that a provider took a run: its circuit closes, unless it breaks what it takes."""
        circuit = self._circuits[provider]
        circuit.failures = 0
        if circuit.breaks < FAILURES_TO_OPEN:
            circuit.pauses = 0

    def worked(self, provider: str) -> None:
        """Note that a run came to its proper end: its circuit closes."""
        circuit = self._circuits[provider]
        circuit.failures = circuit.breaks = circuit.pauses = 0

    def failed(self, provider: str, *, for_good: bool = False) -> None:
        """Note that a provider took nothing; `for_good` opens its circuit at once."""
        circuit = self._circuits[provider]
        circuit.failures += 1
        self._open(circuit, for_good=for_good, is_due=circuit.failures >= FAILURES_TO_OPEN)

    def broke(self, provider: str) -> None:
        """Note that a run which a provider had taken broke on its side."""
        circuit = self._circuits[provider]
        circuit.breaks += 1
        self._open(circuit, for_good=False, is_due=circuit.breaks >= FAILURES_TO_OPEN)

    def _open(self, circuit: Circuit, *, for_good: bool, is_due: bool) -> None:
        now = self._clock()
        if now < circuit.open_until and not for_good:
            # One of those that were under way when it opened, and no news.
            return
        if for_good or circuit.is_open or is_due:
            pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**circuit.pauses)
            circuit.pauses = min(circuit.pauses + 1, 10)
            circuit.open_until = now + (LONGEST_PAUSE_S if for_good else pause_s)
            circuit.probing_until = 0.0

    def busy(self, provider: str, retry_after_s: float) -> None:
        """Note that a provider asked for a pause, which is no failure."""
        circuit = self._circuits[provider]
        circuit.busy_until = max(circuit.busy_until, self._clock() + retry_after_s)
        circuit.probing_until = 0.0

    def gone(self, provider: str, endpoint: str) -> None:
        """Note that a provider does not serve an endpoint: it is left out for some hours."""
        self._circuits[provider].gone[endpoint] = self._clock() + GONE_FOR_S

    def measured(self, provider: str, endpoint: str, seconds: float) -> None:
        """Note how long a run took from the order to its pictures."""
        self._seconds[provider, endpoint].append(seconds)

    def usual_seconds(self, provider: str, endpoint: str) -> float | None:
        """Return the median of the latest runs there; None before the first."""
        measured = self._seconds.get((provider, endpoint))
        return statistics.median(measured) if measured else None

    def seconds_of(self, provider: str) -> float | None:
        """Return the median of a provider's latest runs, whatever they made."""
        found = [
            second
            for (name, _), seconds in self._seconds.items()
            if name == provider
            for second in seconds
        ]
        return statistics.median(found) if found else None
