/* Tells the windows that are still open that somebody is signed in again. */
new BroadcastChannel("piaoju-signed-in").postMessage("again");
