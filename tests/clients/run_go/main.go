// Runs clients/cases/cases.json through the Go client; the README there says how.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/tiermark/tiermark-go"
)

const deadline = 20 * time.Second

type object = map[string]any

type step struct {
	RPC, Iterate, Stream, As string
	Request                  json.RawMessage
	Requests                 []json.RawMessage
	Want, Error, Keep        object
	WantItems                []any  `json:"want_items"`
	WantLast                 object `json:"want_last"`
	WantCount                *int   `json:"want_count"`
	WantCountMin             int    `json:"want_count_min"`
	DeadlineMs               *int   `json:"deadline_ms"`
}

func (s *step) method() string { return s.RPC + s.Iterate + s.Stream }

type runner struct {
	clients map[string]*tiermark.Client
	has     map[string]bool
}

func (r *runner) client(role string) (*tiermark.Client, error) {
	if r.clients[role] == nil {
		options := tiermark.Options{Target: os.Getenv("TIERMARK_ADDRESS"), Deadline: deadline,
			CAFile: os.Getenv("TIERMARK_CA_FILE")}
		switch role {
		case "":
			options.Key = os.Getenv("TIERMARK_KEY")
		case "wrong":
			options.Key = "tmk_wrong"
		default:
			options.Key = os.Getenv("TIERMARK_" + strings.ToUpper(role) + "_KEY")
		}
		client, err := tiermark.New(options)
		if err != nil {
			return nil, err
		}
		r.clients[role] = client
	}
	return r.clients[role], nil
}

func newMessage(descriptor protoreflect.MessageDescriptor) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		return nil, err
	}
	return kind.New().Interface(), nil
}

// The messages that the step's call gave, and how it ended.
func (r *runner) call(s *step) ([]proto.Message, error) {
	client, err := r.client(s.As)
	if err != nil {
		return nil, err
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(
		protoreflect.FullName(strings.ReplaceAll(s.method(), "/", ".")))
	if err != nil {
		return nil, err
	}
	method := found.(protoreflect.MethodDescriptor)
	if s.Requests == nil {
		s.Requests = []json.RawMessage{s.Request}
	}
	var requests []proto.Message
	for _, text := range s.Requests {
		request, err := newMessage(method.Input())
		if err != nil {
			return nil, err
		}
		if text != nil {
			if err := protojson.Unmarshal(text, request); err != nil {
				return nil, err
			}
		}
		requests = append(requests, request)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if s.DeadlineMs != nil {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(*s.DeadlineMs)*time.Millisecond)
	} else if s.Stream != "" {
		ctx, cancel = context.WithTimeout(ctx, deadline)
	}
	defer cancel()
	unary := func(ctx context.Context, request proto.Message, options ...grpc.CallOption) (proto.Message, error) {
		answer, err := newMessage(method.Output())
		if err != nil {
			return nil, err
		}
		return answer, client.Invoke(ctx, "/"+s.method(), request, answer, options...)
	}
	var got []proto.Message
	switch {
	case s.RPC != "":
		answer, err := unary(ctx, requests[0])
		if err == nil {
			got = append(got, answer)
		}
		return got, err
	case s.Iterate != "":
		for item, err := range tiermark.All(ctx, unary, requests[0], itemsOf) {
			if err != nil {
				return got, err
			}
			got = append(got, item)
		}
		return got, nil
	}
	stream, err := client.NewStream(ctx, &grpc.StreamDesc{
		ServerStreams: method.IsStreamingServer(), ClientStreams: method.IsStreamingClient()},
		"/"+s.method())
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		// Why a stream does not take more is told on receiving.
		if err := stream.SendMsg(request); err != nil && err != io.EOF {
			return nil, err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	for {
		answer, err := newMessage(method.Output())
		if err != nil {
			return nil, err
		}
		if err := stream.RecvMsg(answer); err == io.EOF {
			return got, nil
		} else if err != nil {
			return got, err
		}
		got = append(got, answer)
	}
}

// Of the only list in a page.
func itemsOf(page proto.Message) []proto.Message {
	var items []proto.Message
	fields := page.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if fields.Get(i).IsList() {
			list := page.ProtoReflect().Get(fields.Get(i)).List()
			for place := range list.Len() {
				items = append(items, list.Get(place).Message().Interface())
			}
		}
	}
	return items
}

func (r *runner) run(s *step, names map[string]string) error {
	messages, err := r.call(s)
	if err := checkError(s.Error, err); err != nil {
		return err
	}
	got := []any{}
	for _, message := range messages {
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
		if err != nil {
			return err
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			return err
		}
		got = append(got, value)
	}
	var last any
	if len(got) > 0 {
		last = got[len(got)-1]
	}
	var faults []error
	if s.Want != nil {
		faults = append(faults, compare(s.Want, last, "answer"))
	}
	if s.WantItems != nil {
		faults = append(faults, compare(s.WantItems, got, "items"))
	}
	if s.WantLast != nil {
		faults = append(faults, compare(s.WantLast, last, "last message"))
	}
	if s.WantCount != nil && len(got) != *s.WantCount {
		faults = append(faults, fmt.Errorf("%d came, not %d", len(got), *s.WantCount))
	}
	if len(got) < s.WantCountMin {
		faults = append(faults, fmt.Errorf("%d came, fewer than %d", len(got), s.WantCountMin))
	}
	for name, path := range s.Keep {
		from := last
		if s.Iterate != "" {
			from = got
		}
		kept, err := at(from, path.(string))
		faults = append(faults, err)
		names[name] = fmt.Sprint(kept)
	}
	return errors.Join(faults...)
}

func checkError(want object, err error) error {
	var failure *tiermark.Error
	switch {
	case err == nil && want == nil:
		return nil
	case err == nil:
		return fmt.Errorf("succeeded, but %v is wanted", want["code"])
	case want == nil || !errors.As(err, &failure):
		return fmt.Errorf("failed: %w", err)
	}
	var fields []any
	for _, violation := range failure.FieldViolations {
		fields = append(fields, violation.Field)
	}
	for _, list := range [][]any{fields, asList(want["fields"])} {
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	return compare(want, object{"code": code.Code(failure.Code).String(), "reason": failure.Reason,
		"fields": fields}, "error")
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

func compare(want, got any, path string) error {
	if wanted, ok := want.(object); ok {
		if has, ok := got.(object); ok {
			for key, value := range wanted {
				if err := compare(value, has[key], path+"."+key); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if wanted, ok := want.([]any); ok {
		if has, ok := got.([]any); ok {
			if len(wanted) != len(has) {
				return fmt.Errorf("%s has %d elements, not %d", path, len(has), len(wanted))
			}
			for place := range wanted {
				if err := compare(wanted[place], has[place], fmt.Sprint(path, ".", place)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Errorf("%s is %v, not %v", path, got, want)
	}
	return nil
}

func at(value any, path string) (any, error) {
	for _, part := range strings.Split(path, ".") {
		if list, ok := value.([]any); ok {
			place, err := strconv.Atoi(part)
			if err != nil || place >= len(list) {
				return nil, fmt.Errorf("nothing is at %s", path)
			}
			value = list[place]
			continue
		}
		fields, _ := value.(object)
		if value = fields[part]; value == nil {
			return nil, fmt.Errorf("nothing is at %s", path)
		}
	}
	return value, nil
}

var braced = regexp.MustCompile(`\{(\w+)\}`)

// Names stand in strings only, so they can be replaced in the text.
func parsed(text json.RawMessage, names map[string]string) (*step, error) {
	replaced := braced.ReplaceAllStringFunc(string(text), func(all string) string {
		if value, known := names[all[1:len(all)-1]]; known {
			quoted, _ := json.Marshal(value)
			return string(quoted[1 : len(quoted)-1])
		}
		return all
	})
	made := &step{}
	return made, json.Unmarshal([]byte(replaced), made)
}

func (r *runner) runCase(steps []json.RawMessage, run string) error {
	names := map[string]string{"run": run}
	for i, text := range steps {
		made, err := parsed(text, names)
		if err == nil {
			err = r.run(made, names)
		}
		if err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, made.method(), err)
		}
	}
	return nil
}

func main() {
	text, err := os.ReadFile(os.Getenv("TIERMARK_CASES"))
	var file struct {
		Cases []struct {
			Name  string
			Needs []string
			Steps []json.RawMessage
		}
	}
	if err := errors.Join(err, json.Unmarshal(text, &file)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	runner := &runner{map[string]*tiermark.Client{},
		map[string]bool{"both_ways": true, "keys": os.Getenv("TIERMARK_KEY") != ""}}
	run := strconv.FormatUint(rand.Uint64(), 36)
	ran, failed := 0, 0
	for _, tried := range file.Cases {
		missing := slices.DeleteFunc(slices.Clone(tried.Needs), func(need string) bool { return runner.has[need] })
		if len(missing) > 0 {
			fmt.Printf("left out %s: needs %s\n", tried.Name, strings.Join(missing, ", "))
			continue
		}
		ran++
		if err := runner.runCase(tried.Steps, run); err != nil {
			failed++
			fmt.Printf("FAILED %s, %v\n", tried.Name, err)
			continue
		}
		fmt.Printf("ok %s\n", tried.Name)
	}
	if failed > 0 || ran == 0 {
		os.Exit(1)
	}
}
