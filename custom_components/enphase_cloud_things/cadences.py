"""How often the cloud is asked for what; `chargers/polling.py` adds up what that comes to in an hour."""

from datetime import timedelta
from typing import Final

# One charger, energy prices and VPP on, default options; requests an hour:
#
#                            idle              charging
#   status                   3600/30 = 120     3600/10 = 360
#   summary                  3600/300 = 12     12
#   mode                     3600/600 = 6      6
#   green, configuration     2 x 1 = 2         2
#   schedules                3600/3600 = 1     1
#   VPP events               3600/300 = 12     12
#   savings                  3600/1800 = 2     2
#   session history          3600/1800 = 2     3600/300 = 12
#   tariff, enrolment        2 x 3600/21600    1/3
#   dated rates, firmware    1/24 + 1/6        about 1/5
#   in all                   157.5             407.5
#
# A charger whose schedules are in use has them read every 15 minutes (4) and with them its mode (4 instead of 6), which
# a schedule means nothing without: 158.5 idle, 408.5 charging. So has one whose schedules were never read, for which
# entities wait.
#
# The account takes 480 in any sliding hour. A fast interval of 5 s alone would be 720:
# it is stretched to what the rest leaves over.
REQUEST_BUDGET: Final = 480

SUMMARY_CADENCE: Final = timedelta(seconds=300)
LONGEST_SUMMARY_WAIT: Final = timedelta(seconds=600)
"""The summary follows the chargers' own reports: with nothing new to tell, it is read no sooner than that."""

MODE_CADENCE: Final = timedelta(seconds=600)
SETTINGS_CADENCE: Final = timedelta(seconds=3600)
SCHEDULES_IN_USE_CADENCE: Final = timedelta(seconds=900)
FIRMWARE_CADENCE: Final = timedelta(hours=6)
"""Of a read that covers all chargers of a site; a firmware that changes in the metadata is read about at once."""

HISTORY_CADENCE: Final = timedelta(seconds=1800)
HISTORY_CADENCE_WITH_NEWS: Final = timedelta(seconds=300)
"""While a charger charges, and for a while after that."""

TIME_PER_CHARGER: Final = timedelta(seconds=60)
"""Chargers take turns: of each kind of read beside the status, the account makes one a minute at most."""

VPP_EVENTS_CADENCE: Final = timedelta(seconds=300)
VPP_BOUNDARY_CADENCE: Final = timedelta(seconds=60)
"""Around the start and the end of an event."""

ENROLMENT_CADENCE: Final = timedelta(hours=6)
SAVINGS_CADENCE: Final = timedelta(seconds=1800)
TARIFF_CADENCE: Final = timedelta(hours=6)
DATED_RATES_CADENCE: Final = timedelta(days=1)

RETRY: Final = timedelta(minutes=5)
"""After a failed read of a tariff, of rates, of savings and of the currency."""

LEAST_STATUS_PER_HOUR: Final = 60
"""What the status gets whatever else there is to read; the rest stretches first."""
