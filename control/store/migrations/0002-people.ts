import type { QueryInterface } from 'sequelize';

export const name = '0002-people';

/** Users; contacts, conversations and their threads; permissions to call. */
export async function up(queries: QueryInterface): Promise<void> {
  await queries.sequelize.query(`
    CREATE TABLE users (
      id text PRIMARY KEY,
      workspace_id text NOT NULL REFERENCES workspaces,
      -- Lower case: people do not agree on the case of their own addresses.
      email text NOT NULL UNIQUE CHECK (email = lower(email)),
      name text NOT NULL,
      role text NOT NULL CHECK (role IN ('operator', 'manager', 'admin')),
      -- argon2id in PHC form, salt and parameters inside.
      password_hash text NOT NULL,
      created_at timestamptz NOT NULL
    );
    CREATE INDEX users_of_workspace ON users (workspace_id);

    CREATE TABLE contacts (
      id text PRIMARY KEY,
      workspace_id text NOT NULL REFERENCES workspaces,
      -- Digits with the country code; null while only the carrier's user id is known.
      phone text CHECK (phone ~ '^[0-9]+$'),
      -- WhatsApp's business-scoped user id.
      carrier_user_id text,
      -- As the team named them; and as they name themselves at WhatsApp.
      given_name text,
      profile_name text,
      name text NOT NULL GENERATED ALWAYS AS (coalesce(given_name, profile_name, '+' || phone, 'WhatsApp user')) STORED,
      created_at timestamptz NOT NULL,
      -- Without either nobody knows who it is; such a contact is never met again, and still has its thread.
      UNIQUE (workspace_id, phone),
      UNIQUE (workspace_id, carrier_user_id)
    );

    CREATE TABLE conversations (
      id text PRIMARY KEY,
      workspace_id text NOT NULL REFERENCES workspaces,
      number_id text NOT NULL REFERENCES numbers,
      contact_id text NOT NULL REFERENCES contacts,
      last_activity_at timestamptz NOT NULL,
      preview text NOT NULL DEFAULT '',
      unread integer NOT NULL DEFAULT 0,
      -- The end of the 24 h customer-service window.
      window_open_until timestamptz,
      created_at timestamptz NOT NULL,
      UNIQUE (number_id, contact_id)
    );
    CREATE INDEX conversations_by_activity ON conversations (workspace_id, last_activity_at DESC, id DESC);
    CREATE INDEX conversations_of_contact ON conversations (contact_id);

    -- Everything that stands in a thread: messages, notes, what became of permissions, calls.
    CREATE TABLE messages (
      id text PRIMARY KEY,
      workspace_id text NOT NULL REFERENCES workspaces,
      conversation_id text NOT NULL REFERENCES conversations,
      at timestamptz NOT NULL,
      kind text NOT NULL CHECK (kind IN ('text', 'note', 'call', 'permission', 'other')),
      sender text CHECK (sender IN ('customer', 'business')),
      text text,
      author_id text REFERENCES users,
      -- As they were called then: a thread does not change when somebody leaves.
      author_name text,
      status text CHECK (status IN ('received', 'sending', 'sent', 'delivered', 'read', 'failed')),
      failure text,
      -- Of a text: the message; of a permission event: the request or the reply.
      carrier_message_id text,
      call_id text UNIQUE REFERENCES calls,
      -- How far the call had come when the thread last heard of it.
      call_revision integer,
      call_phase text,
      permission_event text CHECK (permission_event IN ('requested', 'granted', 'granted-permanently', 'declined', 'revoked')),
      expires_at timestamptz,
      -- Of kind other: what the carrier calls it.
      type text,
      UNIQUE (workspace_id, carrier_message_id)
    );
    CREATE INDEX messages_of_thread ON messages (conversation_id, at DESC, id DESC);
    CREATE INDEX messages_unsure ON messages (at) WHERE status = 'sending';

    -- A status that overtook the answer to our own request: nobody knows the message by this id yet.
    CREATE TABLE early_statuses (
      workspace_id text NOT NULL REFERENCES workspaces,
      carrier_message_id text NOT NULL,
      status text NOT NULL,
      failure text,
      at timestamptz NOT NULL,
      PRIMARY KEY (workspace_id, carrier_message_id)
    );

    -- The customer's consent to be called by a number. The rules are in permission/rules.ts.
    CREATE TABLE permissions (
      number_id text NOT NULL REFERENCES numbers,
      contact_id text NOT NULL REFERENCES contacts,
      workspace_id text NOT NULL REFERENCES workspaces,
      consent text NOT NULL CHECK (consent IN ('none', 'temporary', 'permanent', 'declined')),
      -- Of a temporary one: after it there is none, also before a process has said so.
      expires_at timestamptz CHECK ((consent = 'temporary') = (expires_at IS NOT NULL)),
      -- When the customer last said so, by Meta's clock: an older answer that arrives later changes nothing.
      replied_at timestamptz,
      -- The request that the customer has not answered yet.
      pending_since timestamptz,
      -- Requests that count towards Meta's limits, oldest first.
      requests timestamptz[] NOT NULL,
      -- Until when Meta itself refuses another request, where it said so.
      blocked_until timestamptz,
      -- Calls of ours in a row that were declined or not answered.
      unanswered integer NOT NULL,
      -- When Meta was last asked.
      checked_at timestamptz,
      PRIMARY KEY (number_id, contact_id)
    );
    CREATE INDEX permissions_of_contact ON permissions (contact_id);
    CREATE INDEX permissions_by_end ON permissions (expires_at) WHERE expires_at IS NOT NULL;

    ALTER TABLE calls ADD FOREIGN KEY (contact_id) REFERENCES contacts;
    ALTER TABLE calls ADD FOREIGN KEY (conversation_id) REFERENCES conversations;
    CREATE INDEX calls_of_contact ON calls (contact_id);
    CREATE INDEX calls_by_end ON calls (ended_at) WHERE ended_at IS NOT NULL;
  `);
}
