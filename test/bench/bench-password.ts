/** Of everybody who logs in to be measured. */
export const benchPassword = 'correct horse battery staple';
