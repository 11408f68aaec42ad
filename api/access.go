package api

import "github.com/leat-io/leat/api/policy"

// Access is what a call is about, as policies see it.
type Access struct {
	// Resource is the ARN of the one resource the call is about, whether or not
	// it exists; "*" when it is about none.
	Resource string
	Account  string // whose the resource is; the caller's of "*"
	// Shared says that the resource's policy can open the call to other
	// accounts.
	Shared bool
	// Action is what the caller needs to be allowed in place of the operation's
	// own action, and Also what besides, without the service's prefix; empty for
	// most.
	Action, Also string
	// Others are what the call is about besides, each with an Action and a
	// Resource of the same account.
	Others []Access

	Policy *policy.Document  // the resource's; nil when it has none
	Tags   map[string]string // the resource's

	RequestTags map[string]string // that the call would add
	TagKeys     []string          // that the call would remove
}
