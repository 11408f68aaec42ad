package kinesis

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// sharedOperations are those that a resource's policy can open to other
// accounts (spec data-streams §6).
var sharedOperations = map[string]bool{
	"DescribeStreamConsumer": true,
	"DescribeStreamSummary":  true,
	"GetRecords":             true,
	"GetShardIterator":       true,
	"ListShards":             true,
	"PutRecord":              true,
	"PutRecords":             true,
	"SubscribeToShard":       true,
}

// accountOperations are those that are about no resource, but the account.
var accountOperations = map[string]bool{
	"DescribeAccountSettings": true,
	"DescribeLimits":          true,
	"ListStreams":             true,
	"UpdateAccountSettings":   true,
}

// Access returns what a call of the operation is about. The input is the
// SDK's shape, or a *kinesisapi.PutBatch. It names the resource as the
// operation itself will find it; where the operation will refuse the input
// because it names none, or two, the resource is that of no stream.
func (s *Service) Access(ctx context.Context, operation string, input any) api.Access {
	caller := api.CallerOf(ctx)
	if accountOperations[operation] {
		return api.Access{Resource: "*", Account: caller.Account}
	}
	a := s.accessTo(ctx, caller, operation, input)
	a.Shared = sharedOperations[operation]
	switch in := input.(type) {
	case *kinesis.CreateStreamInput:
		a.needs("AddTagsToStream", in.Tags)
	case *kinesis.RegisterStreamConsumerInput:
		a.needs("TagResource", in.Tags)
	case *kinesis.AddTagsToStreamInput:
		a.RequestTags = in.Tags
	case *kinesis.TagResourceInput:
		a.RequestTags = in.Tags
	case *kinesis.RemoveTagsFromStreamInput:
		a.TagKeys = in.TagKeys
	case *kinesis.UntagResourceInput:
		a.TagKeys = in.TagKeys
	}
	return a.Access
}

// access is an api.Access in the making.
type access struct{ api.Access }

// needs adds the tags of something that is created, and the action for them.
func (a *access) needs(action string, tags map[string]string) {
	if len(tags) > 0 {
		a.RequestTags, a.Also = tags, action
	}
}

// accessTo finds the resource.
func (s *Service) accessTo(ctx context.Context, caller api.Caller, operation string, input any) access {
	switch in := input.(type) {
	case *kinesisapi.PutBatch:
		return s.streamAccess(caller, in.StreamName, in.StreamARN)
	case *kinesis.GetRecordsInput:
		if in.StreamARN == nil {
			return s.iteratorAccess(ctx, caller, aws.ToString(in.ShardIterator))
		}
	case *kinesis.ListShardsInput:
		if in.StreamARN == nil && in.NextToken != nil {
			return s.listingAccess(ctx, caller, *in.NextToken)
		}
	}
	members := reflect.ValueOf(input).Elem()
	text := func(name string) string {
		member, _ := reflect.TypeAssert[*string](memberOf(members, name))
		return aws.ToString(member)
	}
	arn, name := text("StreamARN"), text("StreamName")
	for _, other := range []string{text("ConsumerARN"), text("ResourceARN")} {
		if c, ok := parseConsumerARN(other); ok {
			return s.consumerAccess(c)
		}
		if other != "" {
			arn = other
		}
	}
	if operation == "DescribeStreamConsumer" || operation == "DeregisterStreamConsumer" {
		if ref, ok := refOfARN(arn); ok {
			return s.consumerAccess(catalog.ConsumerRef{Ref: ref, Consumer: text("ConsumerName")})
		}
	}
	return s.streamAccess(caller, name, arn)
}

// memberOf returns a member of an input, or nil as a *string when it has none
// of the name.
func memberOf(input reflect.Value, name string) reflect.Value {
	if member := input.FieldByName(name); member.IsValid() {
		return member
	}
	return reflect.ValueOf((*string)(nil))
}

// streamAccess is access to the stream that is named; the ARN, when given,
// decides.
func (s *Service) streamAccess(caller api.Caller, name, arn string) access {
	ref := catalog.Ref{Account: caller.Account, Region: caller.Region, Name: name}
	if arn != "" {
		named, ok := refOfARN(arn)
		if !ok {
			named = catalog.Ref{Account: caller.Account, Region: caller.Region}
		}
		ref = named
	}
	if x, ok := s.catalog.Stream(ref.Account, ref.Region, ref.Name); ok {
		return accessOf(x)
	}
	return access{api.Access{Resource: ref.ARN(), Account: ref.Account}}
}

func accessOf(x *catalog.Stream) access {
	return access{api.Access{Resource: x.ARN(), Account: x.Account, Policy: x.Policy.Document(), Tags: x.Tags}}
}

// refOfARN returns the stream of an ARN, whoever's it is.
func refOfARN(arn string) (catalog.Ref, bool) {
	region, account, name, ok := parseARN(arn)
	return catalog.Ref{Account: account, Region: region, Name: name}, ok
}

// consumerAccess is access to a consumer, which a name is enough for.
func (s *Service) consumerAccess(ref catalog.ConsumerRef) access {
	if x, ok := s.catalog.Stream(ref.Account, ref.Region, ref.Name); ok {
		if c, refused := ref.In(x); refused == nil {
			return access{api.Access{
				Resource: c.ARN(x.ARN()), Account: x.Account, Policy: c.Policy.Document(), Tags: c.Tags,
			}}
		}
	}
	arn := ref.ARN() + consumerInARN + ref.Consumer
	if ref.CreatedSeconds != 0 {
		arn = ref.String()
	}
	return access{api.Access{Resource: arn, Account: ref.Account}}
}

// iteratorAccess is access to the stream of a shard iterator, however old: that
// it has expired is for the operation to say.
func (s *Service) iteratorAccess(ctx context.Context, caller api.Caller, token string) access {
	sealer, err := s.iterators(ctx)
	if err != nil {
		return s.streamAccess(caller, "", "")
	}
	it, _ := sealer.open(token, 0)
	if x, ok := s.catalog.StreamByID(it.stream); ok {
		return accessOf(x)
	}
	return s.streamAccess(caller, it.name, "")
}

// listingAccess is access to the stream of a NextToken of ListShards, however
// old.
func (s *Service) listingAccess(ctx context.Context, caller api.Caller, token string) access {
	body, _, err := s.readToken(ctx, shardsToken, token)
	if err != nil {
		return s.streamAccess(caller, "", "")
	}
	l, ref, err := readShardListing(body, caller)
	if err != nil {
		return s.streamAccess(caller, "", "")
	}
	if x, ok := s.catalog.StreamByID(l.stream); ok {
		return accessOf(x)
	}
	return s.streamAccess(caller, ref.Name, "")
}
