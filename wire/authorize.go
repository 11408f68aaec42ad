package wire

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/api/policy"
	"github.com/leat-io/leat/wire/sigv4"
)

// authorize refuses a call that the policies of its caller and of its resource
// do not allow (spec data-streams §5 step 13, §6). Where nobody is
// authenticated everything is allowed, within the caller's account.
//
// The context it returns carries who the service shall take for the caller: of
// a call that another account's resource allows, that account.
func (h *handler) authorize(ctx context.Context, c *call, input any) (context.Context, error) {
	if h.o.Credentials == nil || c.operation.Free {
		return ctx, nil
	}
	caller := api.CallerOf(ctx)
	access := api.Access{Resource: "*", Account: caller.Account}
	if c.service.Access != nil {
		access = c.service.Access(ctx, c.operation.Name, input)
	}
	key := h.o.Credentials[caller.AccessKey]
	foreign := access.Account != caller.Account
	if key.Policies == nil && access.Policy == nil && !foreign && access.Others == nil {
		return ctx, nil
	}
	if foreign && !access.Shared {
		access.Policy = nil
	}
	prefix := cmp.Or(c.service.API.ActionPrefix, c.service.API.SigningName) + ":"
	for _, a := range append([]api.Access{access}, access.Others...) {
		q := &question{h: h, request: c.request, caller: caller, key: key, access: a}
		err := q.ask(prefix + cmp.Or(a.Action, c.operation.Name))
		if err == nil && a.Also != "" {
			err = q.ask(prefix + a.Also)
		}
		if err != nil {
			return nil, err
		}
	}
	ctx = (&question{h: h, request: c.request, caller: caller, key: key}).withKeyJudge(ctx)
	if foreign {
		caller.Account = access.Account
		ctx = api.WithCaller(ctx, caller)
	}
	return ctx, nil
}

// question is what policies are asked about one call.
type question struct {
	h       *handler
	request *http.Request
	caller  api.Caller
	key     sigv4.Credential // zero for a caller without a signature
	access  api.Access
}

// ask returns AWS's error unless the action is allowed.
func (q *question) ask(action string) error {
	r := &policy.Request{Action: action, Resource: q.access.Resource, Principal: q.principal()}
	r.Values = func(key string) []string { return q.values(key, &r.Principal) }
	decision := policy.Decide(r, q.key.Policies, q.access.Policy, q.access.Account)
	if decision == policy.Allowed {
		return nil
	}
	return api.Errorf(kinesisapi.AccessDenied, "User: %s is not authorized to perform: %s on resource: %s %s",
		r.Principal.ARN, action, r.Resource, decision.Reason(action))
}

// principal is who the caller is. One without a signature is nobody but its
// account.
func (q *question) principal() policy.Principal {
	p := policy.Principal{Account: q.caller.Account, ARN: q.key.ARN}
	if p.ARN == "" {
		p.ARN = "arn:aws:iam::" + p.Account + ":root"
	}
	return p
}

// values returns the values of a condition key: the general ones of AWS as far
// as a server of one's own can know them, and those on tags, which are all
// that Kinesis has besides.
func (q *question) values(key string, p *policy.Principal) []string {
	if tag, ok := strings.CutPrefix(key, "aws:requesttag/"); ok {
		return tagValues(q.access.RequestTags, tag)
	}
	if tag, ok := strings.CutPrefix(key, "aws:resourcetag/"); ok {
		return tagValues(q.access.Tags, tag)
	}
	now := q.h.o.Clock.Now().UTC()
	switch key {
	case "aws:tagkeys":
		return q.tagKeys()
	case "aws:currenttime":
		return []string{now.Format(time.RFC3339)}
	case "aws:epochtime":
		return []string{strconv.FormatInt(now.Unix(), 10)}
	case "aws:sourceip":
		return given(sourceIP(q.request))
	case "aws:securetransport":
		return []string{strconv.FormatBool(q.request.TLS != nil)}
	case "aws:useragent":
		return given(q.request.UserAgent())
	case "aws:referer":
		return given(q.request.Referer())
	case "aws:requestedregion":
		return given(q.caller.Region)
	case "aws:resourceaccount":
		return given(q.access.Account)
	case "aws:principalaccount":
		return []string{p.Account}
	case "aws:principalarn":
		if role := p.Role(); role != "" {
			return []string{role}
		}
		return []string{p.ARN}
	case "aws:principaltype":
		return []string{principalType(p)}
	case "aws:username":
		return given(userName(p))
	case "aws:viaawsservice", "aws:principalisawsservice":
		return []string{"false"}
	}
	return nil
}

func given(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// tagValues returns the values of a tag, whose key is compared as condition
// keys are: whatever its case.
func tagValues(tags map[string]string, key string) (values []string) {
	for k, value := range tags {
		if strings.EqualFold(k, key) {
			values = append(values, value)
		}
	}
	return values
}

// tagKeys returns the keys of the tags that the call would add or remove.
func (q *question) tagKeys() []string {
	keys := slices.Clone(q.access.TagKeys)
	for key := range q.access.RequestTags {
		keys = append(keys, key)
	}
	return keys
}

// sourceIP returns the address that the connection comes from, empty when it
// has none. Headers in which a proxy may name another are not believed.
func sourceIP(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return from.Addr().Unmap().WithZone("").String()
}

func principalType(p *policy.Principal) string {
	switch {
	case p.Role() != "":
		return "AssumedRole"
	case strings.HasSuffix(p.ARN, ":root"):
		return "Account"
	case strings.Contains(p.ARN, ":federated-user/"):
		return "FederatedUser"
	}
	return "User"
}

// userName returns the name of a user, without its path, and "" of anybody
// else.
func userName(p *policy.Principal) string {
	_, path, ok := strings.Cut(p.ARN, ":user/")
	if !ok {
		return ""
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}
