"""The charger models the simulator knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerModel:
    """What is fixed by a charger's type: electrical limits in A and V, and the identity the summary shows."""

    name: str
    sku: str
    sku_scope: str
    min_amps: int
    max_amps: int
    granularity: int
    breaker_amps: int
    volts: int
    phase_mode: int
    phase_count: int
    grid_type: int
    load_balancing: bool
    phase_switching: bool

    def allows(self, amps: int) -> bool:
        """Whether ``amps`` is one of the levels this model can be set to."""
        return self.min_amps <= amps <= self.max_amps and (amps - self.min_amps) % self.granularity == 0


EU_THREE_PHASE_32A = ChargerModel(
    name="IQ EV Charger 2",
    sku="IQ-EVSE-EU-3032-0105-1300",
    sku_scope="GEN2_EU",
    min_amps=6,
    max_amps=32,
    granularity=1,
    breaker_amps=32,
    volts=230,
    phase_mode=3,
    phase_count=3,
    grid_type=4,
    load_balancing=True,
    phase_switching=True,
)

NA_SINGLE_PHASE_48A = ChargerModel(
    name="IQ EV Charger 2",
    sku="IQ-EVSE-NA-1060-0110-1300",
    sku_scope="GEN2_NA",
    min_amps=8,
    max_amps=48,
    granularity=1,
    breaker_amps=60,
    volts=240,
    phase_mode=1,
    phase_count=1,
    grid_type=2,
    load_balancing=False,
    phase_switching=False,
)

NA_SINGLE_PHASE_80A = ChargerModel(
    name="IQ-EVSE-80R",
    sku="IQ-EVSE-80R",
    sku_scope="GEN1_NA",
    min_amps=16,
    max_amps=64,
    granularity=16,
    breaker_amps=80,
    volts=240,
    phase_mode=1,
    phase_count=1,
    grid_type=2,
    load_balancing=False,
    phase_switching=False,
)

MODELS = {
    "eu-32": EU_THREE_PHASE_32A,
    "na-48": NA_SINGLE_PHASE_48A,
    "na-80": NA_SINGLE_PHASE_80A,
}
