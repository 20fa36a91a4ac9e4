"""Enphase Cloud Things: the Enphase IQ EV Charger over the Enlighten cloud."""

from functools import partial

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .account.registry import Account, async_get_registry
from .chargers.coordinator import ChargerCoordinator
from .chargers.moving import async_take_over
from .chargers.site import SiteChargers
from .chargers.store import SAVE_DELAY, ChargerFile, charger_file
from .commands.commands import Commands
from .const import CONF_SITE_ID, DOMAIN
from .dashboard import async_setup_dashboard
from .devices import (
    ServiceDevice,
    follow_charger_devices,
    register_site_device,
    release_device,
    remove_service_device,
    remove_with_program,
)
from .enlighten import EnlightenClient
from .history.coordinator import HistoryCoordinator
from .history.statistics import SessionImport
from .migration import async_migrate, mend_entry_data
from .options import Options
from .plan.plans import Plans, async_remove_plans, plans_file
from .plan.prices import PlanPrices
from .plan.sources import PlanSources
from .prices.coordinator import PriceCoordinator
from .prices.currency import CurrencyCoordinator, async_forget_currency
from .repairs import forget_issues, issue_watch
from .runtime import EnphaseConfigEntry, RuntimeData
from .schedules.writes import ScheduleWrites
from .services import async_setup_services
from .vpp.coordinator import VppCoordinator

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
    Platform.UPDATE,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions and the dashboard, which exist whether or not an entry is loaded."""
    async_setup_services(hass)
    await async_setup_dashboard(hass)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: EnphaseConfigEntry) -> bool:
    """Take over an entry of the earlier integration of the same name."""
    return await async_migrate(hass, entry)


async def async_setup_entry(hass: HomeAssistant, entry: EnphaseConfigEntry) -> bool:
    """Set up one site of an account."""
    mend_entry_data(hass, entry)
    registry = async_get_registry(hass)
    account = await registry.async_acquire(entry)
    loaded = False
    try:
        await _async_load(hass, entry, account)
        loaded = True
    finally:
        if not loaded:
            await registry.async_release(entry)
    return True


async def _async_load(hass: HomeAssistant, entry: EnphaseConfigEntry, account: Account) -> None:
    options = Options.from_mapping(entry.options)
    store = charger_file(hass, entry.entry_id)
    chargers = await _async_chargers(hass, entry, account, options, store)
    watch = issue_watch(hass, entry)
    try:
        await chargers.async_config_entry_first_refresh()
    finally:
        watch.look(account, chargers)
    client = account.client.with_timeout(options.api_timeout)
    currency = CurrencyCoordinator(hass, entry, client=client.monetary, site_id=chargers.site_id)
    await currency.async_restore()
    vpp, prices = _energy_plan(hass, entry, client, chargers, currency=currency)
    history = HistoryCoordinator(hass, entry, client=client.history, chargers=chargers)
    commands = Commands(
        hass, entry, chargers, client, store=store, apply_amps_while_charging=options.apply_amps_while_charging
    )
    plans = await _async_plans(
        hass, entry, chargers=chargers, commands=commands, client=client, history=history, vpp=vpp, tariff=prices
    )
    entry.runtime_data = RuntimeData(
        account=account,
        options=options,
        store=store,
        chargers=chargers,
        currency=currency,
        history=history,
        vpp=vpp,
        prices=prices,
        commands=commands,
        schedules=plans.writes,
        plans=plans,
        session_import=SessionImport(hass, history=history, currency=currency),
    )

    watch.follow(account, chargers, vpp)
    follow_charger_devices(hass, entry, chargers)
    save = partial(store.save_within, chargers.records.as_stored, SAVE_DELAY)
    entry.async_on_unload(chargers.async_add_listener(save))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    plans.async_follow()
    # The chargers do not wait for what they do not need.
    await chargers.async_read_due()
    for optional in (currency, vpp, prices, history):
        if optional is not None:
            entry.async_create_background_task(hass, optional.async_refresh(), optional.name)


async def _async_chargers(
    hass: HomeAssistant, entry: EnphaseConfigEntry, account: Account, options: Options, store: ChargerFile
) -> ChargerCoordinator:
    site_id = entry.data[CONF_SITE_ID]
    stored = {**(await store.async_load() or {}), **await async_take_over(hass, entry)}
    return ChargerCoordinator(
        hass,
        entry,
        account=account,
        options=options,
        site_id=site_id,
        site_device_id=register_site_device(hass, entry, site_id),
        records=SiteChargers(stored, nominal_voltage=options.nominal_voltage),
    )


async def _async_plans(
    hass: HomeAssistant,
    entry: EnphaseConfigEntry,
    *,
    chargers: ChargerCoordinator,
    commands: Commands,
    client: EnlightenClient,
    history: HistoryCoordinator,
    vpp: VppCoordinator | None,
    tariff: PriceCoordinator | None,
) -> Plans:
    options = Options.from_mapping(entry.options)
    sources = PlanSources(
        hass=hass,
        entry=entry,
        chargers=chargers,
        commands=commands,
        writes=ScheduleWrites(hass, chargers, client.schedules),
        history=history,
        vpp=vpp,
        prices=PlanPrices(hass, entity_id=options.price_entity, tariff=tariff, site=chargers.records),
        nominal_voltage=options.nominal_voltage,
    )
    file = plans_file(hass, entry.entry_id)
    return Plans(sources, file=file, stored=await file.async_load() or {})


def _energy_plan(
    hass: HomeAssistant,
    entry: EnphaseConfigEntry,
    client: EnlightenClient,
    chargers: ChargerCoordinator,
    *,
    currency: CurrencyCoordinator,
) -> tuple[VppCoordinator | None, PriceCoordinator | None]:
    """Make the coordinators of the features that are on, and remove the devices of those that are off."""
    options = Options.from_mapping(entry.options)
    vpp: VppCoordinator | None = None
    prices: PriceCoordinator | None = None
    if options.enable_vpp:
        vpp = VppCoordinator(
            hass,
            entry,
            client=client.grid_services,
            site_id=chargers.site_id,
            given_program_id=options.vpp_program_id,
            site=chargers.records,
        )
        remove_with_program(hass, entry, vpp)
    else:
        remove_service_device(hass, entry, ServiceDevice.VPP)
    if options.enable_monetary:
        prices = PriceCoordinator(
            hass,
            entry,
            client=client.monetary,
            site_id=chargers.site_id,
            site=chargers.records,
            currency=currency,
        )
        chargers.records.price_at = prices.import_price_at
    else:
        remove_service_device(hass, entry, ServiceDevice.MONETARY)
    return vpp, prices


async def async_unload_entry(hass: HomeAssistant, entry: EnphaseConfigEntry) -> bool:
    """Unload one site; the account's session ends with its last site."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    runtime = entry.runtime_data
    await runtime.commands.async_finish()
    await runtime.store.async_save(runtime.chargers.records.as_stored())
    await async_get_registry(hass).async_release(entry)
    issue_watch(hass, entry).clear(forget_ignored=False)
    return True


async def async_remove_config_entry_device(hass: HomeAssistant, entry: EnphaseConfigEntry, device: DeviceEntry) -> bool:
    """Let a person delete the device of a charger that is gone or of a feature that is off."""
    return release_device(hass, entry, device)


async def async_remove_entry(hass: HomeAssistant, entry: EnphaseConfigEntry) -> None:
    """Forget what was stored for a removed entry."""
    forget_issues(hass, entry)
    registry = async_get_registry(hass)
    account = await registry.async_acquire(entry)
    try:
        await async_remove_plans(hass, entry.entry_id, entry.data[CONF_SITE_ID], account.client)
    finally:
        await registry.async_release(entry)
    await charger_file(hass, entry.entry_id).async_remove()
    await async_forget_currency(hass, entry.entry_id)
    await async_get_registry(hass).async_forget(entry)
