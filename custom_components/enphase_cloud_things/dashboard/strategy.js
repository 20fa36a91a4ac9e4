/**
 * A dashboard for the owner's own chargers, made anew from the entity registry each time it is opened.
 *
 * Home Assistant lists it under Settings > Dashboards > Add dashboard. It uses no names of entities: what an entity
 * shows is told by its translation key, so renamed, hidden and removed entities are followed.
 */
const DOMAIN = "enphase_cloud_things";
const STRATEGY = "enphase-cloud-things";
const LISTED_SESSIONS = 10;
const NEVER_EMPTY = "\u2013";
const NAMELESS = "IQ EV Charger";

/** A device that has one of these left is a charger, whatever else its owner has removed. */
const OF_CHARGERS = ["switch.charging", "sensor.status", "sensor.reason", "sensor.lifetime_energy"];

/** The entities of one device by "platform.translation_key", hidden ones left out. */
function entitiesOf(hass, deviceId) {
  const found = {};
  for (const entity of Object.values(hass.entities)) {
    if (entity.device_id === deviceId && entity.platform === DOMAIN && !entity.hidden && entity.translation_key) {
      found[`${entity.entity_id.split(".", 1)[0]}.${entity.translation_key}`] ??= entity.entity_id;
    }
  }
  return found;
}

/** All devices of the integration with their entities, in the order of their names. */
function devicesOf(hass) {
  const ids = new Set(
    Object.values(hass.entities)
      .filter((entity) => entity.platform === DOMAIN && entity.device_id)
      .map((entity) => entity.device_id),
  );
  return [...ids]
    .map((id) => ({ id, name: nameOf(hass.devices[id]), entities: entitiesOf(hass, id) }))
    .sort((one, other) => one.name.localeCompare(other.name, hass.locale?.language));
}

function nameOf(device) {
  return device?.name_by_user || device?.name || NAMELESS;
}

/** Load the integration's own words in the user's language; a key without one stands for itself. */
async function words(hass) {
  const localize = await hass.loadBackendTranslation("selector", DOMAIN);
  return (key) => localize(`component.${DOMAIN}.selector.dashboard.options.${key}`) || key;
}

function heading(title, icon) {
  return { type: "heading", heading: title, icon };
}

/** The reason as a whole sentence in the user's language; a tile would cut it off. */
async function reason(hass, entity) {
  const localize = await hass.loadBackendTranslation("entity", DOMAIN);
  const prefix = `component.${DOMAIN}.entity.sensor.reason.state.`;
  const options = hass.states[entity]?.attributes.options ?? [];
  const sentences = Object.fromEntries(options.map((state) => [state, localize(`${prefix}${state}`) || state]));
  const content = `{{ ${JSON.stringify(sentences)}.get(states('${entity}'), '${NEVER_EMPTY}') }}`;
  return { type: "markdown", content, ...FULL };
}

/** A tile that is called what the entity is called within its device. */
function tile(entity, more = {}) {
  return { type: "tile", entity, name: { type: "entity" }, ...more };
}

const FULL = { grid_options: { columns: "full" } };

/** The tiles of those keys that the device has. */
function tiles(entities, keys, more = {}) {
  return keys.filter((key) => entities[key]).map((key) => tile(entities[key], more));
}

/** A section, or nothing where it would hold nothing but its heading. */
function section(title, icon, cards) {
  return cards.length ? [{ type: "grid", cards: [heading(title, icon), ...cards] }] : [];
}

function pressing(entity, color) {
  return tile(entity, {
    color,
    hide_state: true,
    tap_action: { action: "perform-action", perform_action: "button.press", target: { entity_id: entity } },
    icon_tap_action: { action: "perform-action", perform_action: "button.press", target: { entity_id: entity } },
  });
}

async function control(hass, entities) {
  const why = entities["sensor.reason"];
  const charging = entities["switch.charging"];
  const mode = entities["select.charge_mode"];
  const current = entities["number.charging_amps"];
  return [
    ...(why ? [await reason(hass, why)] : []),
    ...(charging ? [tile(charging, { color: "green", features: [{ type: "toggle" }], ...FULL })] : []),
    ...(mode ? [tile(mode, { features: [{ type: "select-options" }], ...FULL })] : []),
    ...(current ? [tile(current, { features: [{ type: "numeric-input", style: "slider" }], ...FULL })] : []),
    ...(entities["button.start_charging"] ? [pressing(entities["button.start_charging"], "green")] : []),
    ...(entities["button.stop_charging"] ? [pressing(entities["button.stop_charging"], "red")] : []),
  ];
}

function power(entities) {
  const shown = entities["sensor.power"];
  return [
    ...(shown ? [tile(shown, { features: [{ type: "trend-graph", hours_to_show: 12 }], ...FULL })] : []),
    ...tiles(entities, [
      "sensor.session_energy",
      "sensor.session_cost",
      "sensor.session_duration",
      "sensor.energy_since_plugged_in",
      "sensor.energy_today",
      "sensor.lifetime_energy",
    ]),
  ];
}

/** The windows of the plan as a table with prices, read from the sensor's attribute whenever it changes. */
function windows(hass, word, plan, start) {
  const language = hass.locale?.language;
  const weekday = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
  // The first of January 2024 was a Monday
  const weekdays = [1, 2, 3, 4, 5, 6, 7].map((day) => weekday.format(new Date(Date.UTC(2024, 0, day))));
  const decimal = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal").value;
  const content = [
    `{% set weekdays = ${JSON.stringify(weekdays)} %}`,
    `{% macro number(value, digits) %}{{ (('%.' ~ digits ~ 'f') | format(value)) | replace('.', '${decimal}') }}{% endmacro %}`,
    `{% set windows = state_attr('${plan}', 'windows') or [] %}`,
    `| ${word("window")} | ${word("energy")} | ${word("price")} | ${word("cost")} |`,
    "|:--|--:|--:|--:|",
    "{% for window in windows -%}",
    "| {{ weekdays[(window.start | as_datetime | as_local).weekday()] }} " +
      "{{ as_timestamp(window.start) | timestamp_custom('%H:%M') }} – " +
      "{{ as_timestamp(window.end) | timestamp_custom('%H:%M') }} | " +
      "{{ number(window.energy, 1) }} kWh | " +
      "{{ number(window.cost / window.energy, 3) if window.cost is not none and window.energy else '–' }} | " +
      "{{ number(window.cost, 2) if window.cost is not none else '–' }} |",
    "{% endfor %}",
  ].join("\n");
  // A card that hides itself while it is empty does not come back
  const visibility = start ? [{ condition: "state", entity: start, state_not: ["unknown", "unavailable"] }] : undefined;
  return { type: "markdown", content, text_only: true, visibility, ...FULL };
}

/** The plan with its windows and prices; `others` are the devices of the same site. */
function plan(hass, word, entities, others) {
  const choice = entities["select.charging_plan"];
  if (!choice) {
    return [];
  }
  return [
    tile(choice, { features: [{ type: "select-options" }], ...FULL }),
    ...tiles(entities, ["number.plan_energy", "time.ready_by", "sensor.plan", "sensor.plan_start", "sensor.plan_end"]),
    ...(entities["sensor.plan"] ? [windows(hass, word, entities["sensor.plan"], entities["sensor.plan_start"])] : []),
    ...others.flatMap((other) => tiles(other.entities, ["sensor.import_price"], FULL)),
    ...tiles(entities, ["sensor.next_scheduled_start"], FULL),
  ];
}

/** Windows and prices side by side: what the charger is going to do, and what an hour costs. */
function calendar(charger, others) {
  const calendars = [
    charger.entities["calendar.schedule"],
    ...others.flatMap(({ entities }) => [entities["calendar.import_prices"], entities["calendar.vpp_events"]]),
  ].filter(Boolean);
  return calendars.length
    ? [{ type: "calendar", initial_view: "listWeek", entities: calendars, grid_options: { columns: "full", rows: 8 } }]
    : [];
}

function prices(others) {
  return others.flatMap(({ entities }) =>
    tiles(entities, [
      "sensor.import_price",
      "sensor.export_price",
      "sensor.savings_imported_today",
      "sensor.savings_exported_today",
    ]),
  );
}

function gridEvents(others) {
  return others.flatMap(({ entities }) =>
    tiles(entities, ["binary_sensor.vpp_event_active", "sensor.vpp_next_event_type", "sensor.vpp_next_event_start"]),
  );
}

/** The last sessions as the cloud lists them at this moment, newest first; none where it does not answer. */
async function lastSessions(hass, deviceId) {
  try {
    const reply = await hass.callWS({
      type: "call_service",
      domain: DOMAIN,
      service: "get_sessions",
      service_data: { limit: LISTED_SESSIONS },
      target: { device_id: deviceId },
      return_response: true,
    });
    const [charger] = reply.response?.chargers ?? [];
    return { listed: charger?.sessions ?? [], currency: charger?.units?.cost };
  } catch {
    return { listed: [] };
  }
}

/** The statistics that `import_sessions` writes for a charger, as far as there are any. */
async function importedStatistics(hass, deviceId) {
  const identifiers = hass.devices[deviceId]?.identifiers ?? [];
  const serials = identifiers.filter(([domain]) => domain === DOMAIN).map(([, serial]) => serial);
  const wanted = serials.flatMap((serial) => ["energy", "cost"].map((key) => `${DOMAIN}:${slug(serial)}_${key}`));
  try {
    const known = await hass.callWS({ type: "recorder/list_statistic_ids", statistic_type: "sum" });
    return wanted.filter((id) => known.some((statistic) => statistic.statistic_id === id));
  } catch {
    return [];
  }
}

function slug(serial) {
  return serial.toLowerCase().replace(/[^a-z0-9]+/g, "_");
}

/** Months as bars. */
function months(statistic) {
  return {
    type: "statistics-graph",
    entities: [statistic],
    stat_types: ["change"],
    chart_type: "bar",
    period: "month",
    days_to_show: 365,
    ...FULL,
  };
}

function sessionsTable(hass, word, sessions, currency) {
  const format = new Intl.DateTimeFormat(hass.locale?.language, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
    timeZone: hass.locale?.time_zone === "server" ? hass.config.time_zone : undefined,
  });
  const number = (value, digits) =>
    typeof value === "number"
      ? new Intl.NumberFormat(hass.locale?.language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
          value,
        )
      : NEVER_EMPTY;
  const cost = currency ? `${word("cost")} (${currency})` : word("cost");
  const rows = sessions.map((session) => {
    const start = new Date(session.plugged_in_at ?? NaN);
    const day = Number.isNaN(start.getTime()) ? NEVER_EMPTY : format.format(start);
    return `| ${day} | ${number(session.energy, 1)} kWh | ${number(session.charging_duration, 0)} min | ${number(session.cost, 2)} |`;
  });
  return [
    `| ${word("started")} | ${word("energy")} | ${word("duration")} | ${cost} |`,
    "|:--|--:|--:|--:|",
    ...rows,
  ].join("\n");
}

async function sessions(hass, word, charger) {
  const [{ listed, currency }, imported] = await Promise.all([
    lastSessions(hass, charger.id),
    importedStatistics(hass, charger.id),
  ]);
  const meter = charger.entities["sensor.lifetime_energy"];
  const counted = imported.length || !meter ? imported : [meter];
  const table = { type: "markdown", content: sessionsTable(hass, word, listed, currency), ...FULL };
  return [...(listed.length ? [table] : []), ...counted.map(months)];
}

function activity(entities) {
  const told = ["switch.charging", "event.session", "sensor.plan"].map((key) => entities[key]).filter(Boolean);
  return told.length ? [{ type: "logbook", target: { entity_id: told }, hours_to_show: 48, ...FULL }] : [];
}

function badges(charger, others) {
  const shown = [
    charger.entities["sensor.status"],
    charger.entities["binary_sensor.plugged_in"],
    ...others.map(({ entities }) => entities["binary_sensor.cloud_reachable"]),
  ].filter(Boolean);
  return shown.map((entity) => ({ type: "entity", entity, name: { type: "entity" }, show_name: true }));
}

async function chargerView(hass, word, charger, others) {
  return {
    title: charger.name,
    path: charger.id,
    icon: "mdi:ev-station",
    type: "sections",
    max_columns: 3,
    dense_section_placement: true,
    badges: badges(charger, others),
    sections: [
      ...section(charger.name, "mdi:ev-station", await control(hass, charger.entities)),
      ...section(word("power"), "mdi:flash", power(charger.entities)),
      ...section(word("plan"), "mdi:calendar-clock", plan(hass, word, charger.entities, others)),
      ...section(word("calendar"), "mdi:calendar", calendar(charger, others)),
      ...section(word("prices"), "mdi:cash", prices(others)),
      ...section(word("grid_events"), "mdi:transmission-tower", gridEvents(others)),
      ...section(word("sessions"), "mdi:history", await sessions(hass, word, charger)),
      ...section(word("activity"), "mdi:format-list-bulleted-type", activity(charger.entities)),
    ],
  };
}

/** The devices beside a charger that belong to its site: those that are connected through the same device, or it. */
function besides(hass, charger, devices) {
  const site = hass.devices[charger.id]?.via_device_id;
  return devices.filter(({ id }) => id === site || (id !== charger.id && site && hass.devices[id]?.via_device_id === site));
}

class EnphaseChargersStrategy extends HTMLElement {
  static async generate(_config, hass) {
    const word = await words(hass);
    const devices = devicesOf(hass);
    const chargers = devices.filter(({ entities }) => OF_CHARGERS.some((key) => entities[key]));
    if (!chargers.length) {
      return { views: [{ cards: [{ type: "markdown", content: word("no_charger") }] }] };
    }
    const others = (charger) => besides(hass, charger, devices).filter((device) => !chargers.includes(device));
    return { views: await Promise.all(chargers.map((charger) => chargerView(hass, word, charger, others(charger)))) };
  }
}

/** Register once the frontend has installed its own element registry: what was defined before is lost to it. */
async function register() {
  await window.customElements.whenDefined("home-assistant");
  const tag = `ll-strategy-dashboard-${STRATEGY}`;
  if (!window.customElements.get(tag)) {
    window.customElements.define(tag, EnphaseChargersStrategy);
  }
}

window.customStrategies = window.customStrategies || [];
window.customStrategies.push({
  type: STRATEGY,
  strategyType: "dashboard",
  name: "Enphase EV charger",
  description: "Control, plan, prices and sessions of your Enphase chargers.",
});
register();
