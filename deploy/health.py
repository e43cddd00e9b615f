"""Exit with 0 when this machine's web process says that the product is well, else with 1. For container and monitor."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> None:
    """Ask /healthz as the proxy does and pass on what it says."""
    site = urlsplit(os.environ["SITE_URL"])
    port = int((os.environ.get("WEB_BIND") or f":{os.environ.get('PORT') or 8000}").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
        answer = connection.getresponse()
        print(answer.read().decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"no answer: {error}")
    sys.exit(0 if answer.status == http.HTTPStatus.OK else 1)


if __name__ == "__main__":
    main()
