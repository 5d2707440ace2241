//! THINKING: events and deliveries -> cells -> candidates -> incidents.

pub mod incident;
