//! Progress: a bar on stderr at a terminal, silence elsewhere.
