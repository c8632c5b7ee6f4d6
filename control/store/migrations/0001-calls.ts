import type { QueryInterface } from 'sequelize';

export const name = '0001-calls';

/** Workspaces and numbers, calls with their history, and the two queues that no event or command leaves unseen. */
export async function up(queries: QueryInterface): Promise<void> {
  await queries.sequelize.query(`
    CREATE TABLE workspaces (
      id text PRIMARY KEY,
      name text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE plan_features (
      workspace_id text NOT NULL REFERENCES workspaces,
      feature text NOT NULL,
      PRIMARY KEY (workspace_id, feature)
    );

    -- value is plain; sealed is encrypted with APP_KEY. from_environment: follows the variable until the console sets it.
    CREATE TABLE settings (
      workspace_id text NOT NULL REFERENCES workspaces,
      key text NOT NULL,
      value jsonb,
      sealed text,
      from_environment boolean NOT NULL DEFAULT false,
      PRIMARY KEY (workspace_id, key)
    );

    CREATE TABLE numbers (
      id text PRIMARY KEY,
      workspace_id text NOT NULL REFERENCES workspaces,
      phone_number_id text NOT NULL UNIQUE,
      waba_id text,
      display_number text NOT NULL,
      label text NOT NULL,
      sealed_access_token text NOT NULL,
      calling_enabled boolean NOT NULL DEFAULT false,
      calling_enabled_since timestamptz,
      from_environment boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX numbers_of_workspace ON numbers (workspace_id);

    -- state is the machine's own (control/call/states.ts); the columns beside it are what others look calls up by.
    CREATE TABLE calls (
      id text PRIMARY KEY,
      workspace_id text NOT NULL REFERENCES workspaces,
      number_id text NOT NULL REFERENCES numbers,
      contact_id text NOT NULL,
      conversation_id text NOT NULL,
      direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
      phase text NOT NULL CHECK (phase IN ('dialing', 'ringing', 'claimed', 'live', 'ended')),
      revision integer NOT NULL,
      state jsonb NOT NULL,
      carrier_call_id text,
      node_id text,
      handler_user_id text,
      handler_desk_id text,
      deadline text,
      deadline_at timestamptz,
      started_at timestamptz NOT NULL,
      answered_at timestamptz,
      ended_at timestamptz,
      duration_seconds integer,
      disposition text,
      end_reason text
    ) WITH (fillfactor = 80);
    CREATE UNIQUE INDEX calls_by_carrier_id ON calls (carrier_call_id);
    CREATE INDEX calls_of_workspace ON calls (workspace_id, started_at DESC, id DESC);
    CREATE INDEX calls_of_conversation ON calls (conversation_id, started_at DESC, id DESC);
    CREATE INDEX calls_due ON calls (deadline_at) WHERE deadline_at IS NOT NULL;
    CREATE INDEX calls_in_progress ON calls (workspace_id) WHERE phase <> 'ended';
    -- A person speaks with one customer at a time.
    CREATE UNIQUE INDEX calls_one_per_person ON calls (handler_user_id) WHERE phase <> 'ended';
    -- Meta allows one call at a time from us to a customer.
    CREATE UNIQUE INDEX calls_one_dialed_per_customer ON calls (number_id, contact_id)
      WHERE direction = 'outbound' AND phase <> 'ended';

    -- The history and the audit of every call: each event, also the late ones.
    CREATE TABLE call_events (
      id bigserial PRIMARY KEY,
      call_id text NOT NULL REFERENCES calls,
      workspace_id text NOT NULL,
      at timestamptz NOT NULL,
      event jsonb NOT NULL,
      phase_before text,
      phase_after text NOT NULL,
      ignored boolean NOT NULL
    );
    CREATE INDEX call_events_of_call ON call_events (call_id, id);

    -- Orders all claims that were ever won. In Postgres, so that it also goes up when Redis lost its data.
    CREATE SEQUENCE claim_fences;

    -- Commands that are committed and not yet done. A row goes when its result is in.
    CREATE TABLE outbox (
      id bigserial PRIMARY KEY,
      workspace_id text NOT NULL,
      call_id text NOT NULL REFERENCES calls,
      command jsonb NOT NULL,
      attempts integer NOT NULL DEFAULT 1,
      holder text NOT NULL,
      lease_until timestamptz NOT NULL
    );
    CREATE INDEX outbox_by_lease ON outbox (lease_until);

    -- Webhook items as they came. The key stays when the payload is gone: Meta repeats for up to 7 days.
    CREATE TABLE webhook_inbox (
      id bigserial PRIMARY KEY,
      key text NOT NULL UNIQUE,
      payload jsonb,
      received_at timestamptz NOT NULL,
      status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'done', 'failed')),
      attempts integer NOT NULL DEFAULT 0,
      holder text,
      lease_until timestamptz NOT NULL,
      error text
    );
    CREATE INDEX webhook_inbox_waiting ON webhook_inbox (lease_until) WHERE status = 'waiting';
    CREATE INDEX webhook_inbox_by_age ON webhook_inbox (received_at);
  `);
}
