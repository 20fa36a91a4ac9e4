"""The site list and the web tier's health (docs/api.md §1.1, §3.1)."""

from simulator.families import Family
from simulator.reply import Reply, json_reply
from simulator.routing import Access, Call, Route
from simulator.wire import Json


def _search_sites(call: Call) -> Reply:
    version = call.world.presentation.app_version
    text = call.query.get("searchText", "").casefold()
    sites: list[Json] = [
        {
            "id": int(site.site_id),
            "path": f"/web/{site.site_id}?v={version}",
            "title": site.title,
            "favourite": False,
        }
        for site in call.world.sites_of(call.session.account)
        if text in site.title.casefold()
    ]
    return json_reply({"sites": sites})


def _health(_call: Call) -> Reply:
    return json_reply(
        {
            "STATUS": "UP",
            "VERSION": "26.9.4",
            "ENVIRONMENT": "production",
            "DEPLOY_TIME": "2026-09-30T04:12:55Z",
            "SHA": "N/A",
            "OPS_TICKET": "NA",
        }
    )


ROUTES = (
    Route(method="GET", template="/app-api/search_sites.json", family=Family.SITES, handler=_search_sites),
    Route(method="GET", template="/healthcheck", family=Family.HEALTH, handler=_health, access=Access.PUBLIC),
)
