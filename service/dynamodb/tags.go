package dynamodb

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// TagResource adds tags to a table.
func (s *Service) TagResource(ctx context.Context, in *dynamodb.TagResourceInput) (*dynamodb.TagResourceOutput, error) {
	ref, err := s.resource(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	if _, err := s.define(ctx, &tables.SetTags{Ref: ref, Add: tags}); err != nil {
		return nil, err
	}
	return &dynamodb.TagResourceOutput{}, nil
}

// UntagResource removes tags from a table. Those that are not there are no
// error.
func (s *Service) UntagResource(ctx context.Context, in *dynamodb.UntagResourceInput) (*dynamodb.UntagResourceOutput, error) {
	ref, err := s.resource(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if _, err := s.define(ctx, &tables.SetTags{Ref: ref, Remove: in.TagKeys}); err != nil {
		return nil, err
	}
	return &dynamodb.UntagResourceOutput{}, nil
}

// ListTagsOfResource returns the tags of a table, sorted, all at once.
func (s *Service) ListTagsOfResource(ctx context.Context, in *dynamodb.ListTagsOfResourceInput) (*dynamodb.ListTagsOfResourceOutput, error) {
	ref, err := s.resource(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.ListTagsOfResourceOutput{Tags: []types.Tag{}}
	t, ok := s.tables.Table(ref, s.nowMillis())
	if !ok {
		return nil, typed(noResource(ref))
	}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(t.Tags[key])})
	}
	return out, nil
}

func noResource(ref tables.Ref) *api.Error {
	return api.Errorf(resourceNotFound, "Requested resource not found: ResourcArn: %s not found", ref.ARN())
}

// resource returns the table of an ARN, which must be the caller's.
func (s *Service) resource(ctx context.Context, arn *string) (tables.Ref, error) {
	ref, rest, ok := parseARN(aws.ToString(arn))
	if !ok || rest != "" {
		return ref, invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", aws.ToString(arn))
	}
	if ref.Account != api.CallerOf(ctx).Account {
		return ref, api.Errorf("AccessDeniedException", "User: %s is not authorized to perform this action on resource: %s", api.CallerOf(ctx).Account, *arn)
	}
	return ref, nil
}

// tagsOf returns the tags of a request by key.
func tagsOf(list []types.Tag) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	tags := make(map[string]string, len(list))
	for _, t := range list {
		key := aws.ToString(t.Key)
		if _, twice := tags[key]; twice {
			return nil, invalidValue("Duplicate tag key: %s", key)
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalidValue("Tag keys starting with aws: are reserved: %s", key)
		}
		tags[key] = aws.ToString(t.Value)
	}
	return tags, nil
}
