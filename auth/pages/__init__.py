"""The pages that people see. Each module is a group of them; `routes` is the list of all."""

from __future__ import annotations

from starlette.routing import BaseRoute

from auth.config import AuthSettings
from auth.factors.pending import Pending
from auth.factors.proofs import Proofs
from auth.pages.activate import Activation
from auth.pages.authorize import Authorize
from auth.pages.device import DevicePage
from auth.pages.email import EmailPages
from auth.pages.end_session import EndSession
from auth.pages.external import External
from auth.pages.login import Login
from auth.pages.mailbox import Mailbox
from auth.pages.password import PasswordPages
from auth.pages.personal_data import PersonalData
from auth.pages.second_factor import SecondFactor
from auth.pages.security import Security
from auth.pages.shell import Shell
from auth.pages.signup import SignUpPages
from auth.pages.terms import Terms
from auth.pages.verify import Verify
from auth.server import Server
from auth.sessions import Sessions


def routes(settings: AuthSettings, server: Server) -> list[BaseRoute]:
    """Every page of the server."""
    shell = Shell(settings, server, Sessions(settings))
    pending, proofs = Pending(settings), Proofs(settings)
    login = Login(shell, pending)
    second = SecondFactor(shell, login, pending, proofs)
    security = Security(shell, proofs)
    sign_up = SignUpPages(shell)
    provider = settings.external
    external = External(shell, login, sign_up, provider).routes() if provider else []
    mailbox = Mailbox(shell).routes() if settings.has_mailbox else []
    return [
        *Authorize(shell).routes(),
        *login.routes(),
        *second.routes(),
        *security.routes(),
        *sign_up.routes(),
        *Activation(shell, login, sign_up).routes(),
        *PasswordPages(shell).routes(),
        *EmailPages(shell).routes(),
        *EndSession(shell).routes(),
        *DevicePage(shell).routes(),
        *Terms(shell).routes(),
        *PersonalData(shell).routes(),
        *Verify(shell).routes(),
        *external,
        *mailbox,
    ]
