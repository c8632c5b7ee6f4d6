/**
 * How long a call waits for what, in milliseconds. What a workspace may choose (how long it rings)
 * comes with the event; these are the same for everybody.
 */
export const patience = {
  /** Meta waits "about 30 to 60 seconds" for accept or reject after its connect webhook. */
  answerWindow: 60_000,
  /** An offer that reaches us later than this is about a call that Meta has given up. */
  staleOffer: 60_000,
  /** From the click to Meta's yes: the leg (1 s at worst) and two tries of accept at the Graph API. */
  claim: 15_000,
  /** A refused answer near the end of the ring still leaves the others time for one click. */
  ringOn: 5_000,
  /** A reload takes 1-3 s, a lost Wi-Fi about 8 s. */
  grace: 10_000,
  /** How long a call without its operator is offered to the others. Meta ends a silent call after 30 s, ours is not silent. */
  operatorLost: 20_000,
  /** A placed call that Graph did not confirm may still be confirmed by its first webhook, about 1 s later. */
  placingUnclear: 5_000,
  /**
   * A leg that goes down by itself is most often a customer who hung up; Meta's webhook says so some
   * hundred ms later, or some seconds if the gateway that it went to had just died. A path that broke has
   * been tried for seconds already when it is given up.
   */
  legClosed: 8_000,
  legBroken: 3_000,
} as const;
