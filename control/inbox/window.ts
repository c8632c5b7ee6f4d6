const windowMs = 24 * 3_600_000;

/**
 * Meta's customer-service window: free-form messages may be sent until 24 hours after the customer
 * last wrote, last called (answered or not), or last picked up a call of ours (Cloud API, "Pricing").
 */
export const windowFrom = (at: number): Date => new Date(at + windowMs);
