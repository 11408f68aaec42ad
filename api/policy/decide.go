package policy

// Decision is whether a request is allowed, and if not, why.
type Decision int

const (
	Allowed Decision = iota
	// IdentityDenies and ResourceDenies: a policy says Deny, which nothing
	// outweighs.
	IdentityDenies
	ResourceDenies
	// NoIdentityAllows: no policy says Allow; of another account's resource, no
	// policy of the caller.
	NoIdentityAllows
	// NoResourceAllows: the policy of another account's resource does not.
	NoResourceAllows
)

// Decide weighs the policies of the caller and of the resource, which belongs
// to the account owner. Identity policies that are nil allow everything;
// resource is nil when there is none.
//
// Within an account either side's Allow will do, except that a resource which
// allows the account as such leaves it to the account's own policies. Between
// accounts both sides must allow.
func Decide(r *Request, identity []*Document, resource *Document, owner string) Decision {
	mine := silent
	if identity == nil {
		mine = allowed
	}
	for _, d := range identity {
		mine = max(mine, d.judge(r))
	}
	theirs := silent
	if resource != nil {
		theirs = resource.judge(r)
	}
	foreign := r.Principal.Account != owner
	switch {
	case mine == denied:
		return IdentityDenies
	case theirs == denied:
		return ResourceDenies
	case !foreign && theirs == allowed:
		return Allowed
	case mine != allowed:
		return NoIdentityAllows
	case foreign && theirs == silent:
		return NoResourceAllows
	}
	return Allowed
}

// Reason returns the end of AWS's message about a request that is not allowed.
func (d Decision) Reason(action string) string {
	switch d {
	case IdentityDenies:
		return "with an explicit deny in an identity-based policy"
	case ResourceDenies:
		return "with an explicit deny in a resource-based policy"
	case NoResourceAllows:
		return "because no resource-based policy allows the " + action + " action"
	}
	return "because no identity-based policy allows the " + action + " action"
}
