"""The parts of the root types: each noun's queries and mutations."""

from dispatch.api.nouns import words as _words  # noqa: F401 -- describes the domain's lists first
from dispatch.api.nouns.accounts import AccountMutations
from dispatch.api.nouns.appointment_mutations import AppointmentMutations
from dispatch.api.nouns.arrival_checks import ArrivalCheckMutations, ArrivalCheckQueries
from dispatch.api.nouns.board import BoardQueries
from dispatch.api.nouns.calendars import CalendarMutations, CalendarQueries
from dispatch.api.nouns.callback_answers import CallbackAnswerMutations, CallbackAnswerQueries
from dispatch.api.nouns.callback_mutations import CallbackMutations
from dispatch.api.nouns.callbacks import CallbackQueries
from dispatch.api.nouns.care_mutations import CareMutations
from dispatch.api.nouns.case_mutations import CaseMutations
from dispatch.api.nouns.cases import CaseQueries
from dispatch.api.nouns.categories import CategoryQueries
from dispatch.api.nouns.clocks import ClockQueries
from dispatch.api.nouns.customer_calls import CustomerCallMutations
from dispatch.api.nouns.demand import DemandQueries
from dispatch.api.nouns.departments import DepartmentQueries
from dispatch.api.nouns.dispatch_mutations import DispatchMutations
from dispatch.api.nouns.duty_roster import DutyMutations, DutyQueries
from dispatch.api.nouns.event_cursor import EventCursorQueries
from dispatch.api.nouns.events import EventQueries
from dispatch.api.nouns.execution import ExecutionMutations
from dispatch.api.nouns.extra_work import ExtraWorkMutations
from dispatch.api.nouns.figure_exports import FigureExportMutations
from dispatch.api.nouns.guesses import GuessQueries
from dispatch.api.nouns.help_requests import HelpMutations
from dispatch.api.nouns.import_runs import ImportRunQueries
from dispatch.api.nouns.imports import ImportMutations
from dispatch.api.nouns.live_mutations import LiveMutations
from dispatch.api.nouns.materials import MaterialQueries
from dispatch.api.nouns.message_mutations import MessageMutations
from dispatch.api.nouns.messages import MessageQueries
from dispatch.api.nouns.nodes import NodeQueries
from dispatch.api.nouns.offers import OfferQueries
from dispatch.api.nouns.parties import PartyQueries
from dispatch.api.nouns.pay_sheets import PaySheetMutations, PaySheetQueries
from dispatch.api.nouns.personal_data import PersonalDataMutations
from dispatch.api.nouns.photos import PhotoMutations
from dispatch.api.nouns.places import PlaceQueries
from dispatch.api.nouns.plan_mutations import PlanMutations
from dispatch.api.nouns.plans import PlanQueries
from dispatch.api.nouns.plans_in_force import PlanInForceQueries
from dispatch.api.nouns.policies import PolicyQueries
from dispatch.api.nouns.policy_mutations import PolicyMutations
from dispatch.api.nouns.progress_reports import ProgressReportMutations
from dispatch.api.nouns.rework import ReworkMutations
from dispatch.api.nouns.saturations import SaturationMutations, SaturationQueries
from dispatch.api.nouns.service_levels import ServiceLevelQueries
from dispatch.api.nouns.setup_mutations import SetupMutations
from dispatch.api.nouns.shift_extensions import ShiftExtensionMutations, ShiftExtensionQueries
from dispatch.api.nouns.sign_in import SignInMutations, SignInQueries
from dispatch.api.nouns.sites import SiteQueries
from dispatch.api.nouns.slots import SlotQueries
from dispatch.api.nouns.technician_mutations import TechnicianMutations
from dispatch.api.nouns.technicians import TechnicianQueries
from dispatch.api.nouns.ticket_lists import TicketQueries
from dispatch.api.nouns.ticket_mutations import TicketMutations
from dispatch.api.nouns.ticket_way_mutations import TicketWayMutations
from dispatch.api.nouns.users import UserMutations, UserQueries
from dispatch.api.nouns.viewer import ViewerQueries
from dispatch.api.nouns.why_not import WhyNotQueries
from dispatch.api.nouns.work_order_lists import WorkOrderQueries
from dispatch.api.nouns.work_order_mutations import WorkOrderMutations
from dispatch.api.nouns.work_steps import WorkStepMutations
from dispatch.api.nouns.workload import WorkloadQueries

QUERIES: tuple[type, ...] = (
    SignInQueries,
    ViewerQueries,
    UserQueries,
    SiteQueries,
    PlaceQueries,
    CategoryQueries,
    PartyQueries,
    DepartmentQueries,
    MaterialQueries,
    TechnicianQueries,
    ShiftExtensionQueries,
    DutyQueries,
    PaySheetQueries,
    TicketQueries,
    GuessQueries,
    WorkOrderQueries,
    OfferQueries,
    PlanQueries,
    PlanInForceQueries,
    SlotQueries,
    SaturationQueries,
    WhyNotQueries,
    BoardQueries,
    CallbackQueries,
    CallbackAnswerQueries,
    CaseQueries,
    PolicyQueries,
    CalendarQueries,
    ClockQueries,
    ArrivalCheckQueries,
    EventCursorQueries,
    EventQueries,
    ServiceLevelQueries,
    WorkloadQueries,
    DemandQueries,
    ImportRunQueries,
    MessageQueries,
    NodeQueries,
)
MUTATIONS: tuple[type, ...] = (
    AccountMutations,
    SignInMutations,
    PersonalDataMutations,
    UserMutations,
    TicketMutations,
    TicketWayMutations,
    PhotoMutations,
    WorkOrderMutations,
    DispatchMutations,
    AppointmentMutations,
    SaturationMutations,
    CustomerCallMutations,
    ExecutionMutations,
    ExtraWorkMutations,
    WorkStepMutations,
    HelpMutations,
    ReworkMutations,
    PlanMutations,
    LiveMutations,
    CallbackMutations,
    CallbackAnswerMutations,
    CaseMutations,
    TechnicianMutations,
    ShiftExtensionMutations,
    DutyMutations,
    PaySheetMutations,
    SetupMutations,
    PolicyMutations,
    CalendarMutations,
    ArrivalCheckMutations,
    ProgressReportMutations,
    CareMutations,
    ImportMutations,
    MessageMutations,
    FigureExportMutations,
)
# Types that only an interface leads to; a schema would not find them by itself.
TYPES: tuple[type, ...] = ()
