"""What can go wrong between us and an upstream.

UpstreamFault
├── UpstreamBusy         every connection is taken and the wait is over; nothing was sent
├── UpstreamDown         no connection could be made; nothing was sent
├── UpstreamTimeout      it took too long
│   ├── ConnectTimedOut  … to accept a connection; nothing was sent
│   └── AnswerTimedOut   … to answer, or to go on answering or reading
├── UpstreamLost         the connection broke before an answer: the request may have had its effect
└── BadUpstreamAnswer    the answer is not well-formed HTTP/1.1, or it broke off

UnsendableRequest        the request itself would not be well-formed HTTP/1.1; nothing was sent
"""


class UpstreamFault(OSError):
    """The upstream gave no usable answer."""


class UpstreamBusy(UpstreamFault):
    """Every connection to the upstream is taken."""


class UpstreamDown(UpstreamFault):
    """No connection to the upstream could be made."""


class UpstreamTimeout(UpstreamFault):
    """The upstream took too long."""


class ConnectTimedOut(UpstreamTimeout):
    """The upstream did not accept a connection in time."""


class AnswerTimedOut(UpstreamTimeout):
    """The upstream did not answer, or stopped in the middle."""


class UpstreamLost(UpstreamFault):
    """The connection broke before the answer began."""


class BadUpstreamAnswer(UpstreamFault):
    """The answer breaks HTTP/1.1."""


class UnsendableRequest(ValueError):
    """The request would not be well-formed HTTP/1.1."""
