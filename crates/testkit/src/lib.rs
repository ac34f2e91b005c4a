//! Hostile servers, simulated peers, goldens and tidy tests of Interlock.
