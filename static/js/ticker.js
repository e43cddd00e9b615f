// A worker's timer: browsers slow the timers of a hidden tab down to once a minute, and a fault may not wait for that.
setInterval(() => postMessage("tick"), 3000);
