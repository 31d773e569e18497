"""What an adapter may raise: every foreign failure, translated once."""

from bot.errors._root import AtelierError


class ProviderError(AtelierError):
    """A failure at a provider, translated once, in its adapter."""


class ProviderBusy(ProviderError):
    """Surely not accepted, but may be later: 429, or 503 with a delay."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderDown(ProviderError):
    """Surely not accepted: the request was never written, or a gateway said so."""


class EndpointGone(ProviderDown):
    """The provider knows no such endpoint (any more). Surely not accepted."""


class ProviderRejected(ProviderError):
    """The run is over without pictures; the message is fit for the person to read."""


class ProviderFailed(ProviderRejected):
    """The run broke on the provider's side, and not for what was asked of it."""


class Moderated(ProviderRejected):
    """The provider's safety filter refused the words or the picture."""


class ProviderLost(ProviderError):
    """The accepted run could not be reached; the same question may be asked again."""


class OutOfFunds(ProviderError):
    """The host's account at the provider cannot pay. Surely not accepted."""


class BadKey(ProviderError):
    """The provider refuses the host's key. Surely not accepted."""


class SubmitUncertain(ProviderError):
    """The paid request may have been accepted and no handle came back."""
