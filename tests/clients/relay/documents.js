// The documents of relay.js: the compiler reads them here, and writes what the runtime takes.
graphql`
  query documentsTicketsQuery($site: ID!, $first: Int!, $after: String) {
    tickets(siteId: $site, first: $first, after: $after) @connection(key: "documents_tickets") {
      edges {
        node {
          id
          version
          description
          ...documents_ticket
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

graphql`
  fragment documents_ticket on Ticket {
    number
    site {
      name
    }
  }
`;

graphql`
  query documentsAgainQuery($id: ID!) {
    node(id: $id) {
      ... on Ticket {
        description
      }
      ...documents_ticket @alias(as: "ticket")
    }
  }
`;

graphql`
  mutation documentsUpdateMutation($input: TicketUpdateInput!) {
    ticketUpdate(input: $input) {
      ticket {
        id
        version
        description
        photos
      }
      userErrors {
        code
      }
    }
  }
`;

graphql`
  mutation documentsCreateMutation($input: TicketCreateInput!, $connections: [ID!]!) {
    ticketCreate(input: $input) {
      edge @prependEdge(connections: $connections) {
        cursor
        node {
          id
          version
          description
          ...documents_ticket
        }
      }
      userErrors {
        code
      }
    }
  }
`;

graphql`
  query documentsOffersQuery {
    offers(first: 20) {
      edges {
        node {
          workOrder {
            id
            state
          }
        }
      }
    }
  }
`;

graphql`
  mutation documentsGrabMutation($input: WorkOrderGrabInput!) {
    workOrderGrab(input: $input) {
      workOrder {
        id
        state
      }
      userErrors {
        code
        field
        message
        remedy
      }
    }
  }
`;

graphql`
  subscription documentsChangesSubscription($site: ID!, $since: String) {
    ticketChanged(siteId: $site, since: $since) {
      cursor
      ticket {
        id
        version
        description
      }
    }
  }
`;

graphql`
  mutation documentsUploadMutation($input: PhotoUploadInput!) {
    photoUpload(input: $input) {
      upload {
        reference
        address
        method
        headers {
          name
          value
        }
      }
      userErrors {
        code
      }
    }
  }
`;

graphql`
  mutation documentsConfirmMutation($input: PhotoConfirmInput!) {
    photoConfirm(input: $input) {
      photo {
        reference
      }
      userErrors {
        code
      }
    }
  }
`;
