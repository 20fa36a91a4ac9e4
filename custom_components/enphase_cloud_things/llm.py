"""Questions of voice and chat assistants: why the car is (not) charging, when it is ready, and what it cost."""

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext

from .assistant.exposure import exposed_chargers
from .assistant.questions import ChargingCostTool, ExplainChargingTool


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools for the chargers that are exposed to the assistant, none if there is no such charger."""
    if api_id != LLM_API_ASSIST:
        return None
    chargers = exposed_chargers(hass, llm_context.assistant)
    return LLMTools(tools=[ExplainChargingTool(chargers), ChargingCostTool(chargers)]) if chargers else None
