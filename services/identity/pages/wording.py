"""What a client asks, in the words of the person who is asked."""

from collections.abc import Collection
from urllib.parse import urlsplit

from services.identity.commands.personal_claims import claims_of
from services.identity.domain.claims import Wanted
from services.identity.domain.clients import Client
from services.identity.domain.scopes import OF_THE_LOGIN
from services.identity.store.people import Person
from shared.i18n import Translator


def host_of(uri: str) -> str:
    """The host that the person goes on to."""
    return urlsplit(uri).netloc


def claims_in_words(
    _: Translator, person: Person, claims: Collection[str], client: Client
) -> list[tuple[str, str]]:
    """What the client is told of the person: its name, and the value with its middle covered."""
    names = {
        "name": _("姓氏，名字遮住"),
        "name:whole": _("完整姓名"),
        "phone_number": _("手机号，中间几位遮住"),
        "phone_number:whole": _("完整手机号"),
        "email": _("电子邮箱，开头遮住"),
        "email:whole": _("完整电子邮箱"),
    }
    shown = claims_of(person, {one.removesuffix(":whole"): Wanted() for one in claims}, client)
    return [
        (text, str(shown.get(name.removesuffix(":whole")) or _("（没有登记）")))
        for name, text in names.items()
        if name in claims
    ]


def uses_in_words(_: Translator, scopes: Collection[str]) -> list[str]:
    """What the client may do in the person's name."""
    known = {
        "cases.apply": _("以您的名义申请事项、补交材料"),
        "cases.read": _("查看您的办件和进度"),
        "exchange.query": _("办事时，向有关部门核对您的数据"),
        "identity.self": _("查看您的账号资料（证件号、手机号中间遮住）"),
        "catalogue.read": _("查看办事指南"),
    }
    others = sorted(set(scopes) - OF_THE_LOGIN - known.keys())
    told = [text for scope, text in known.items() if scope in scopes]
    return [*told, *(_("使用系统权限：{scope}", scope=scope) for scope in others)]
