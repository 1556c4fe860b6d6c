/** The app's name to every system; electron-builder.yml and package.json say the same. */
export const APP_ID = "im.carillon.Carillon";
