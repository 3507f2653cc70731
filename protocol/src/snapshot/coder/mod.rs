//! The code of one entity: what is expected of it, and what differs.
