//! Documents as servers publish them, and as attackers do.
