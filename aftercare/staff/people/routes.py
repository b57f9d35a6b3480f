"""The addresses of signing in, people, the own profile and the audit log."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.people import audit, authenticator, keys, login, members, profile, welcome


def add_routes(app: web.Application) -> None:
    """Add them."""
    get, post = app.router.add_get, app.router.add_post
    get("/desk/login", login.login_page)
    post("/desk/login", login.login)
    get("/desk/login/code", login.code_page)
    post("/desk/login/code", login.code)
    get("/desk/login/authenticator", authenticator.authenticator_page)
    post("/desk/login/authenticator", authenticator.authenticator)
    post("/desk/active", login.active)
    post("/desk/logout", login.logout)
    get("/desk/welcome/{secret}", welcome.welcome_page)
    post("/desk/welcome/{secret}", welcome.welcome)
    get(profile.PAGE, profile.profile)
    post(profile.PAGE, profile.save_profile)
    post("/desk/profile/password", profile.save_password)
    post("/desk/profile/sessions/end", profile.end_one_session)
    post("/desk/profile/authenticator/remove", authenticator.remove_authenticator)
    post("/desk/profile/recovery-codes", authenticator.recovery_codes)
    get(members.PAGE, members.people)
    post(members.PAGE, members.invite)
    for name, handler in (
        ("role", members.set_role),
        ("disable", members.disable),
        ("enable", members.enable),
        ("authenticator", members.reset_authenticator),
        ("sign-out", members.sign_out),
        ("link", members.new_link),
    ):
        post(f"{members.PAGE}/{{number:[0-9]{{1,9}}}}/{name}", handler)
    get(keys.PAGE, keys.page)
    post(keys.PAGE, keys.make)
    post(keys.PAGE + "/{number:[0-9]{1,9}}/revoke", keys.revoke)
    get("/desk/audit", audit.audit_page)
    get("/desk/audit.csv", audit.audit_file)
