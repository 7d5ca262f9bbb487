/** The activities of the floor, by the names of the real ones: all they do is to be called. */
export type FloorActivities = {
  openAccount(): Promise<void>;
  sendEmail(): Promise<void>;
  sendSms(): Promise<void>;
  recordNotified(id: string): Promise<void>;
};

export const nothing = async (): Promise<void> => {};
