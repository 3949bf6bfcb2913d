/** The folder of the embedded stack, where no other is named: in the working folder, as db_config.json is. */
export const STACK_FOLDER = '.parcelwise';
