//! How much of the internet a list of blocks opens: judged on their union, not one by one.

use ipnet::Ipv4Net;

/// As many addresses as one /8: more than any single organisation's clients, less than anything that deserves to be called closed.
pub(super) const MOST_WITHOUT_CONSENT: u64 = 1 << 24;

/// How many addresses the union of the blocks holds.
pub(super) fn addresses_in_union(blocks: &[Ipv4Net]) -> u64 {
    Ipv4Net::aggregate(&blocks.to_vec())
        .iter()
        .map(|block| 1_u64 << (block.max_prefix_len() - block.prefix_len()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_address_once() {
        let count = |blocks: &[&str]| {
            let blocks: Vec<Ipv4Net> = blocks.iter().map(|b| b.parse().unwrap()).collect();
            addresses_in_union(&blocks)
        };
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&["203.0.113.7/32"]), 1);
        assert_eq!(count(&["203.0.113.0/24", "203.0.113.0/25", "203.0.113.0/24"]), 256);
        assert_eq!(count(&["0.0.0.0/0"]), 1 << 32);
        assert_eq!(count(&["0.0.0.0/1", "128.0.0.0/1"]), 1 << 32);
        assert_eq!(count(&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/2", "1.2.3.4/32"]), 1 << 32);
    }
}
