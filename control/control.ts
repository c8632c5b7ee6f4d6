import type { Ask, Reply, RequestName } from './contract/desk.ts';
import type { DeskId } from './contract/ids.ts';
import type { RouteBody, RouteName, RouteParams, RouteQuery, RouteReply } from './contract/rest.ts';
import type { UserView } from './contract/views.ts';
import type { WebhookItem } from './ports.ts';

/** Who asks, as the session proved it. */
export type Caller = { readonly user: UserView };
export type DeskCaller = Caller & { readonly deskId: DeskId };

/**
 * All that the gateway may ask of control. Roles and workspaces are checked behind this line and
 * nowhere else; every refusal is a `Fault`.
 */
export type Control = {
  /** Writes the items where they cannot be lost; resolves when they are durable. A known key is no error. */
  receive(items: readonly WebhookItem[]): Promise<void>;
  readonly desk: { readonly [N in RequestName]: (caller: DeskCaller, ask: Ask<N>) => Promise<Reply<N>> };
  readonly rest: {
    readonly [N in RouteName]: (
      caller: Caller,
      ask: { params: RouteParams<N>; query: RouteQuery<N>; body: RouteBody<N> },
    ) => Promise<RouteReply<N>>;
  };
  readonly account: {
    /** @throws Fault `account/wrong-credentials`, after the same time whether the user exists or not. */
    signIn(email: string, password: string): Promise<UserView>;
    /** The signed-in user as stored now, or undefined if it was removed. */
    userOf(userId: string): Promise<UserView | undefined>;
  };
  /** A desk's line opened or closed. Closing starts the grace time of the call that it handles. */
  deskConnected(caller: DeskCaller): Promise<void>;
  deskDisconnected(caller: DeskCaller): Promise<void>;
  /** The app secrets with which Meta signs, and the verify token; undefined while none is set. */
  webhookSecrets(): Promise<{ appSecret: string | undefined; verifyToken: string | undefined }>;
  /** Is the database reachable and migrated? For /readyz. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
};
