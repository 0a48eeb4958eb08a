"""Who may ask: by an address and a token, by a token alone, or by OAuth with tokens that end."""

import base64
from dataclasses import dataclass, field, replace
from typing import Final

from casewarden.testing.wire import Reply, Request, json_reply

EMAIL: Final = "casewarden@example.com"
TOKEN: Final = "jira-token-5f0c2e91"  # it opens nothing but this fake
CLIENT_SECRET: Final = "jira-client-0a1b2c3d4e"
ME: Final = "5b10ac8d82e05b22cc7d4ef5"
TOKENS: Final = "/oauth/token"
_GATEWAY: Final = "/ex/jira/cloud-1"


@dataclass
class Logins:
    """The logins of one edition. `until`: tokens of OAuth logins, and when each ends."""

    is_cloud: bool
    until: dict[str, int] = field(default_factory=dict)

    def given(self, request: Request, now: int) -> Reply:
        """A token for who asks for one."""
        said = request.json()
        if (said["grant_type"], said["client_secret"]) != ("client_credentials", CLIENT_SECRET):
            return json_reply({"error": "access_denied", "error_description": "Unauthorized"}, 401)
        token = f"oauth-{len(self.until)}-9c1f77d2e0"
        self.until[token] = now + 3600 * 1_000_000
        return json_reply({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def let_in(self, request: Request, now: int) -> Request | None:
        """A request by us, by whichever door it came; None for another's."""
        shown = request.headers.get("authorization", "")
        if self.until.get(shown.removeprefix("Bearer "), 0) > now and request.target.startswith(_GATEWAY):
            return replace(request, target=request.target.removeprefix(_GATEWAY))
        pair = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        return request if shown == (f"Basic {pair}" if self.is_cloud else f"Bearer {TOKEN}") else None
