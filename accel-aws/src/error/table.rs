//! The table: operation, code and message → what it means. The first row that fits decides; what no row knows is decided by its status.

use accel_core::ErrorKind;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it looks.
    None,
    /// It makes or sets something.
    Make,
    /// It removes something.
    Remove,
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This.
    Is(ErrorKind),
    /// Something that the call names is not there.
    Missing,
    /// The provider failed; whether it had begun, only the status tells.
    Broken,
}

/// To which calls a row applies.
#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    Does(Effect),
    On(&'static str),
}

struct Row {
    when: When,
    code: &'static str,
    /// A part of the message, where one code means several things.
    says: &'static str,
    meaning: Meaning,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for people, and for the test that no row lacks it")
    )]
    source: &'static str,
}

const fn row(
    when: When,
    code: &'static str,
    says: &'static str,
    meaning: Meaning,
    source: &'static str,
) -> Row {
    Row { when, code, says, meaning, source }
}

const EC2: &str = "Error codes for the Amazon EC2 API";
const ELB: &str = "Elastic Load Balancing v2 API reference, errors of the action";
const SEEN: &str = "seen in public logs of the action";

use Effect::{Make, Remove};
use ErrorKind::{
    Conflict, Denied, Expired, InUse, Invalid, NotFound, NotYet, Quota, Throttled, Unavailable,
    Unsupported,
};
use Meaning::{Broken, Is, Missing};
use When::{Always, Does, On};

/// The meaning of an error, if the table knows it.
pub(super) fn meaning(
    operation: &str,
    effect: Effect,
    code: &str,
    message: &str,
) -> Option<Meaning> {
    // Old tools show codes with the side at fault in front; the wire has none.
    let code =
        code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    let message = message.to_ascii_lowercase();
    let fits = |row: &&Row| {
        let applies = match row.when {
            Always => true,
            Does(does) => does == effect,
            On(name) => name == operation,
        };
        // Spelling varies in case (`ID`, `Id`).
        applies && row.code.eq_ignore_ascii_case(code) && message.contains(row.says)
    };
    TABLE.iter().find(fits).map(|row| row.meaning)
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Too many calls.
    row(Always, "RequestLimitExceeded", "", Is(Throttled), "Request throttling for the Amazon EC2 API"),
    row(Always, "EC2ThrottledException", "", Is(Throttled), "Request throttling for the Amazon EC2 API"),
    row(Always, "Throttling", "", Is(Throttled), "Request throttling for the ELB API"),
    row(Always, "ThrottlingException", "", Is(Throttled), "Request throttling for the ELB API"),
    row(Always, "ThrottledException", "", Is(Throttled), "Common error types"),
    row(Always, "RequestThrottled", "", Is(Throttled), "Common error types"),
    row(Always, "TooManyRequestsException", "", Is(Throttled), "Service Quotas API reference, errors"),
    row(Always, "SlowDown", "", Is(Throttled), "Common error types"),
    row(Always, "ConcurrentTagAccess", "", Is(Unavailable), EC2),
    row(On("AllocateAddress"), "InsufficientAddressCapacity", "", Is(Unavailable), EC2),
    // One change of an endpoint at a time.
    row(On("ModifyVpcEndpoint"), "OperationInProgress", "", Is(Unavailable), SEEN),
    row(On("ModifyVpcEndpoint"), "InvalidParameter", "operation going on", Is(Unavailable), SEEN),

    // Who calls.
    row(Always, "RequestExpired", "", Is(Expired), EC2),
    row(Always, "ExpiredToken", "", Is(Expired), "Common error types"),
    row(Always, "ExpiredTokenException", "", Is(Expired), "AWS STS API reference, common errors"),
    row(Always, "UnauthorizedOperation", "", Is(Denied), EC2),
    row(Always, "AccessDenied", "", Is(Denied), "Common error types"),
    row(Always, "AccessDeniedException", "", Is(Denied), "Common error types"),
    row(Always, "AuthFailure", "", Is(Denied), EC2),
    row(Always, "OptInRequired", "", Is(Denied), EC2),
    row(Always, "PendingVerification", "", Is(Denied), EC2),
    row(Always, "Blocked", "", Is(Denied), EC2),
    row(Always, "InvalidClientTokenId", "", Is(Denied), EC2),
    row(Always, "UnrecognizedClientException", "", Is(Denied), "Common error types"),
    row(Always, "SignatureDoesNotMatch", "", Is(Denied), EC2),
    row(Always, "IncompleteSignature", "", Is(Denied), "Common error types"),
    row(Always, "MissingAuthenticationToken", "", Is(Denied), "Common error types"),
    row(Always, "TagPolicyViolation", "", Is(Denied), EC2),

    // Limits.
    row(Always, "VpcLimitExceeded", "", Is(Quota), EC2),
    row(Always, "SubnetLimitExceeded", "", Is(Quota), EC2),
    row(Always, "InternetGatewayLimitExceeded", "", Is(Quota), EC2),
    row(Always, "RouteTableLimitExceeded", "", Is(Quota), EC2),
    row(Always, "RouteLimitExceeded", "", Is(Quota), EC2),
    row(Always, "ResourceCountLimitExceeded", "", Is(Quota), EC2),
    row(Always, "ResourceLimitExceeded", "", Is(Quota), EC2),
    row(Always, "SecurityGroupLimitExceeded", "", Is(Quota), EC2),
    row(Always, "RulesPerSecurityGroupLimitExceeded", "", Is(Quota), EC2),
    row(Always, "SecurityGroupsPerInterfaceLimitExceeded", "", Is(Quota), EC2),
    row(Always, "NetworkInterfaceLimitExceeded", "", Is(Quota), EC2),
    row(Always, "AddressLimitExceeded", "", Is(Quota), EC2),
    row(Always, "VpcEndpointLimitExceeded", "", Is(Quota), EC2),
    row(Always, "NatGatewayLimitExceeded", "", Is(Quota), EC2),
    row(Always, "ActiveVpcPeeringConnectionPerVpcLimitExceeded", "", Is(Quota), EC2),
    row(Always, "OutstandingVpcPeeringConnectionLimitExceeded", "", Is(Quota), EC2),
    row(Always, "VpcPeeringConnectionsPerVpcLimitExceeded", "", Is(Quota), EC2),
    row(Always, "TagLimitExceeded", "", Is(Quota), EC2),
    row(Always, "InsufficientFreeAddressesInSubnet", "", Is(Quota), EC2),
    row(Always, "TooManyLoadBalancers", "", Is(Quota), ELB),
    row(Always, "TooManyTargetGroups", "", Is(Quota), ELB),
    row(Always, "TooManyTargets", "", Is(Quota), ELB),
    row(Always, "TooManyListeners", "", Is(Quota), ELB),
    row(Always, "TooManyRegistrationsForTargetId", "", Is(Quota), ELB),
    row(Always, "TooManyUniqueTargetGroupsPerLoadBalancer", "", Is(Quota), ELB),
    row(Always, "TooManyTags", "", Is(Quota), ELB),

    // What is named is not there.
    row(Always, "InvalidVpcID.NotFound", "", Missing, EC2),
    row(Always, "InvalidSubnetID.NotFound", "", Missing, EC2),
    row(Always, "SubnetNotFound", "", Missing, ELB),
    row(Always, "InvalidInternetGatewayID.NotFound", "", Missing, EC2),
    row(Always, "InvalidGatewayID.NotFound", "", Missing, EC2),
    row(Does(Remove), "Gateway.NotAttached", "", Missing, EC2),
    row(Always, "InvalidRouteTableID.NotFound", "", Missing, EC2),
    row(Does(Remove), "InvalidAssociationID.NotFound", "", Missing, EC2),
    row(Does(Remove), "InvalidRoute.NotFound", "", Missing, EC2),
    row(Always, "InvalidGroup.NotFound", "", Missing, EC2),
    row(Always, "InvalidSecurityGroupID.NotFound", "", Missing, EC2),
    row(On("CreateLoadBalancer"), "InvalidSecurityGroup", "", Missing, ELB),
    row(On("CreateTargetGroup"), "ValidationError", "is not found", Missing, SEEN),
    row(Always, "InvalidPermission.NotFound", "", Missing, EC2),
    row(Always, "InvalidSecurityGroupRuleId.NotFound", "", Missing, EC2),
    row(Always, "InvalidVpcEndpointId.NotFound", "", Missing, EC2),
    row(Always, "InvalidVpcEndpoint.NotFound", "", Missing, EC2),
    row(Always, "InvalidVpcPeeringConnectionID.NotFound", "", Missing, EC2),
    row(Always, "NatGatewayNotFound", "", Missing, EC2),
    row(Always, "InvalidNatGatewayID.NotFound", "", Missing, EC2),
    row(On("ReplaceRoute"), "InvalidRoute.NotFound", "", Missing, EC2),
    row(On("ReplaceRoute"), "InvalidParameterValue", "there is no route defined", Missing, SEEN),
    row(Always, "InvalidAllocationID.NotFound", "", Missing, EC2),
    row(Always, "InvalidAddressID.NotFound", "", Missing, EC2),
    row(Does(Remove), "InvalidAddress.NotFound", "", Missing, EC2),
    row(Always, "InvalidElasticIpID.NotFound", "", Missing, SEEN),
    row(Always, "AllocationIdNotFound", "", Missing, ELB),
    row(Always, "InvalidNetworkInterfaceID.NotFound", "", Missing, EC2),
    row(On("CreateTags"), "InvalidID", "", Missing, EC2),
    row(Always, "LoadBalancerNotFound", "", Missing, ELB),
    row(Always, "TargetGroupNotFound", "", Missing, ELB),
    row(Always, "ListenerNotFound", "", Missing, ELB),

    // Something exists already.
    row(Does(Make), "InvalidSubnet.Conflict", "", Is(Conflict), EC2),
    row(Does(Make), "InvalidGroup.Duplicate", "", Is(Conflict), EC2),
    row(Does(Make), "InvalidPermission.Duplicate", "", Is(Conflict), EC2),
    row(Does(Make), "RouteAlreadyExists", "", Is(Conflict), EC2),
    row(Does(Make), "Resource.AlreadyAssociated", "", Is(Conflict), EC2),
    row(On("AttachInternetGateway"), "InvalidParameterValue", "already has an internet gateway", Is(Conflict), SEEN),
    row(On("AttachInternetGateway"), "InvalidParameterValue", "already attached", Is(Conflict), SEEN),
    row(On("CreateVpcEndpoint"), "InvalidParameter", "conflicting dns domain", Is(Conflict), SEEN),
    row(On("CreateVpcEndpoint"), "InvalidIPAddress.InUse", "", Is(Conflict), EC2),
    row(On("CreateVpcEndpoint"), "InvalidParameter", "in use", Is(Conflict), SEEN),
    row(On("ModifyVpcEndpoint"), "InvalidParameter", "already has a route", Is(Conflict), SEEN),
    row(Does(Make), "VpcPeeringConnectionAlreadyExists", "", Is(Conflict), EC2),
    row(On("AcceptVpcPeeringConnection"), "InvalidStateTransition", "", Is(Conflict), EC2),
    row(Does(Make), "DuplicateLoadBalancerName", "", Is(Conflict), ELB),
    row(Does(Make), "DuplicateTargetGroupName", "", Is(Conflict), ELB),
    row(Does(Make), "DuplicateListener", "", Is(Conflict), ELB),
    row(Does(Make), "TargetGroupAssociationLimit", "", Is(Conflict), ELB),
    row(Does(Make), "IdempotentParameterMismatch", "", Is(Conflict), EC2),

    // Something still holds it.
    row(Always, "DependencyViolation", "", Is(InUse), EC2),
    row(Always, "InvalidGroup.InUse", "", Is(InUse), EC2),
    row(Always, "InvalidIPAddress.InUse", "", Is(InUse), EC2),
    row(Always, "InvalidNetworkInterface.InUse", "", Is(InUse), EC2),
    row(Does(Remove), "InvalidParameterValue", "in use", Is(InUse), EC2),
    row(Always, "ResourceInUse", "", Is(InUse), ELB),

    // The wrong state for now, or for good.
    row(On("DeleteVpcPeeringConnection"), "InvalidStateTransition", "", Is(NotFound), "VPC peering connection lifecycle: what has failed or was deleted cannot be deleted"),
    row(On("DeleteLoadBalancer"), "OperationNotPermitted", "", Is(Invalid), "DeleteLoadBalancer: deletion protection"),
    row(On("AcceptVpcPeeringConnection"), "OperationNotPermitted", "", Is(Invalid), "AcceptVpcPeeringConnection: only the accepter, in its region"),
    row(Always, "IncorrectState", "", Is(NotYet), EC2),
    row(Always, "InvalidState", "", Is(NotYet), EC2),
    row(Always, "InvalidStateTransition", "", Is(NotYet), EC2),
    row(Does(Make), "InvalidRoute.InvalidState", "", Is(NotYet), EC2),
    // A gateway that was attached a moment ago is not seen everywhere yet, and nothing tells that from one that never was.
    row(On("CreateRoute"), "InvalidParameterValue", "belong to different networks", Is(NotYet), SEEN),
    row(On("CreateLoadBalancer"), "InvalidSubnet", "has no internet gateway", Is(NotYet), SEEN),
    row(Always, "UnsupportedOperation", "", Is(Unsupported), EC2),
    row(Always, "OperationNotPermitted", "", Is(Invalid), EC2),

    // The provider's own failures.
    row(Always, "InternalError", "", Broken, EC2),
    row(Always, "InternalFailure", "", Broken, EC2),
    row(Always, "ServerInternal", "", Broken, EC2),
    row(Always, "ServiceUnavailable", "", Broken, EC2),
    row(Always, "Unavailable", "", Broken, EC2),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// An operation to which a row applies, and what it does.
    fn example(row: &Row) -> (&'static str, Effect) {
        match row.when {
            Always | Does(Effect::None | Make) => ("CreateSomething", Make),
            Does(Remove) => ("DeleteSomething", Remove),
            On(name) if name.starts_with("Delete") => (name, Remove),
            On(name) => (name, Make),
        }
    }

    /// No row stands in the shadow of an earlier one that says something else, and each says where it comes from.
    #[test]
    fn every_row_decides_and_has_a_source() {
        for row in TABLE {
            let (operation, effect) = example(row);
            let decided = meaning(operation, effect, row.code, &row.says.to_uppercase());
            assert_eq!(decided, Some(row.meaning), "{operation} {} {}", row.code, row.says);
            assert!(!row.source.is_empty(), "{}", row.code);
        }
    }

    #[test]
    fn one_code_means_several_things() {
        let of = |operation, effect, code, message| meaning(operation, effect, code, message);
        assert_eq!(of("ReleaseAddress", Remove, "InvalidIPAddress.InUse", ""), Some(Is(InUse)));
        assert_eq!(of("CreateVpcEndpoint", Make, "InvalidIPAddress.InUse", ""), Some(Is(Conflict)));
        let private = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for x";
        assert_eq!(of("CreateVpcEndpoint", Make, "InvalidParameter", private), Some(Is(Conflict)));
        assert_eq!(of("CreateVpcEndpoint", Make, "InvalidParameter", "no such zone"), None);
        let gone =
            "Invalid state transition for pcx-1, attempted to transition from failed to deleting";
        assert_eq!(
            of("DeleteVpcPeeringConnection", Remove, "InvalidStateTransition", gone),
            Some(Is(NotFound))
        );
        assert_eq!(
            of("AcceptVpcPeeringConnection", Make, "InvalidStateTransition", ""),
            Some(Is(Conflict))
        );
    }

    #[test]
    fn an_endpoint_that_is_being_changed_is_asked_again() {
        let of = |effect, code, message| meaning("ModifyVpcEndpoint", effect, code, message);
        let busy = "VpcEndpoint modify operation in progress";
        let also = "Cannot modify VPC Endpoint vpce-1 at this time because there is an idempotent operation going on";
        for effect in [Make, Remove] {
            assert_eq!(of(effect, "OperationInProgress", busy), Some(Is(Unavailable)));
            assert_eq!(of(effect, "InvalidParameter", also), Some(Is(Unavailable)));
            assert_eq!(of(effect, "InvalidParameter", "no such table"), None);
        }
    }

    #[test]
    fn what_no_row_knows_is_left_to_its_status() {
        assert_eq!(meaning("CreateVpc", Make, "InvalidVpc.Range", ""), None);
        assert_eq!(meaning("CreateSubnet", Make, "InvalidZone.NotFound", ""), None);
        assert_eq!(meaning("CreateVpc", Make, "", ""), None);
    }
}
