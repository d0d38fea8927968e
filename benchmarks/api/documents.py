"""What is asked, and the same of PostGraphile in its own words."""

BOARD = """
query Board($siteId: ID!, $first: Int!) {
  workOrders(
    siteId: $siteId
    first: $first
    filter: { state: { eq: ASSIGNED } }
    orderBy: { field: CREATED_AT, direction: DESC }
  ) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      number
      version
      state
      priority
      createdAt
      dueAt
      place { id name point { latitude longitude } }
      ticket { id number description }
      assignment { id plannedStart plannedEnd technician { id code name } }
      clocks { id kind state startedAt dueAt }
      events(last: 3) { nodes { id at kind actorName } }
    }
  }
}
"""

BOARD_POSTGRAPHILE = """
query Board($siteId: BigInt!, $first: Int!) {
  allWorkOrders(
    first: $first
    condition: { siteId: $siteId, state: "ASSIGNED" }
    orderBy: [CREATED_AT_DESC, PRIMARY_KEY_DESC]
  ) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id
      number
      version
      state
      priority
      createdAt
      dueAt
      placeByPlaceId { id name latitude longitude }
      ticketByTicketId { id number description }
      assignmentsByWorkOrderId(first: 1, orderBy: PRIMARY_KEY_DESC) {
        nodes { id plannedStart plannedEnd technicianByTechnicianId { id code name } }
      }
      clocksByWorkOrderId { nodes { id kind state startedAt dueAt } }
      eventsByWorkOrderId(first: 3, orderBy: PRIMARY_KEY_DESC) { nodes { id at kind actorName } }
    }
  }
}
"""

TICKETS = """
query Tickets(
  $siteId: ID, $filter: TicketFilter, $orderBy: TicketOrder, $first: Int!, $after: String
) {
  tickets(siteId: $siteId, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id number state priority description reportedAt dueAt requesterName place { id name } }
  }
}
"""

WORKLOAD = """
query Workload($from: Date!, $to: Date!) {
  workload(from: $from, to: $to, groupBy: [TECHNICIAN, HOUR_OF_DAY]) {
    rows { technician { id name } hourOfDay orders work travel distance }
  }
}
"""

SERVICE_LEVELS = """
query ServiceLevels($from: Date!, $to: Date!) {
  serviceLevels(from: $from, to: $to, groupBy: [TRADE]) {
    rows {
      trade tickets completionRate responseMedian arrivalP90 resolutionP90 onTimeRate callbackRate
      reworkRate firstVisitFixRate breaches
    }
  }
}
"""

SLOTS = """
query Slots($workOrderId: ID!) {
  appointmentSlots(workOrderId: $workOrderId) {
    startsAt endsAt technicians { id name } extraLateness extraCost
  }
}
"""

OPEN_ORDER = """
query Open($siteId: ID!) {
  workOrders(siteId: $siteId, first: 1, filter: { state: { eq: QUEUED } }) { nodes { id } }
}
"""

GRAB = """
mutation Grab($input: WorkOrderGrabInput!) {
  workOrderGrab(input: $input) {
    workOrder { id state version }
    userErrors { code message }
  }
}
"""
