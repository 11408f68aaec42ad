package wire

import (
	"context"
	"strings"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/api/policy"
)

// withKeyJudge returns a context with which the policies of the caller decide
// about master keys too, if it has any. A key's own policy, which is not
// known here, is taken to leave it to them.
func (q *question) withKeyJudge(ctx context.Context) context.Context {
	if q.key.Policies == nil {
		return ctx
	}
	return api.WithKeyJudge(ctx, q.judgeKey)
}

// judgeKey decides whether the caller may use a master key.
func (q *question) judgeKey(u api.KeyUse) error {
	r := &policy.Request{Action: u.Action, Resource: u.KeyARN, Principal: q.principal()}
	of := &question{h: q.h, request: q.request, caller: q.caller, key: q.key, access: api.Access{Account: accountOf(u.KeyARN)}}
	r.Values = func(key string) []string {
		if values, ok := of.keyValues(key, u); ok {
			return values
		}
		return of.values(key, &r.Principal)
	}
	decision := policy.Decide(r, q.key.Policies, nil, r.Principal.Account)
	switch {
	case decision == policy.Allowed:
		return nil
	case u.Action == "kms:Decrypt":
		_, name, _ := strings.Cut(u.StreamARN, ":stream/")
		return api.Errorf(kinesisapi.KMSAccessDenied, "User %s is not authorized to decrypt records in stream %s", r.Principal.ARN, name)
	}
	return api.Errorf(kinesisapi.KMSAccessDenied, "User: %s is not authorized to perform: %s on resource: %s %s",
		r.Principal.ARN, u.Action, u.KeyARN, decision.Reason(u.Action))
}

// keyValues returns the values of the condition keys that are of KMS, and of
// those that have others when Kinesis asks KMS for its caller.
func (q *question) keyValues(key string, u api.KeyUse) (values []string, ok bool) {
	switch key {
	case "kms:encryptioncontext:aws:kinesis:arn":
		return []string{u.StreamARN}, true
	case "kms:encryptioncontextkeys":
		return []string{"aws:kinesis:arn"}, true
	case "kms:viaservice":
		return []string{"kinesis." + q.caller.Region + ".amazonaws.com"}, true
	case "kms:calleraccount":
		return []string{q.caller.Account}, true
	case "aws:viaawsservice":
		return []string{"true"}, true
	}
	return nil, false
}

// accountOf returns the account in an ARN, empty when there is none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return ""
	}
	return parts[4]
}
