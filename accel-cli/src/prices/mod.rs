//! What a lane costs in a month, from a dated table of list prices.
