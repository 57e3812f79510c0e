//! A lane on loopback, for real clients: a certificate authority, a service behind TLS, zones that die, forget or move, and links with
//! delay, jitter and loss.
