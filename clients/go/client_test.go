package tiermark_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tiermark/tiermark-go"
	pb "github.com/tiermark/tiermark-go/tiermarkpb"
)

// fails is a service that fails as it is told, and then answers.
type fails struct {
	pb.UnimplementedScoringServiceServer
	pb.UnimplementedAccountServiceServer
	failures []error
	requests []proto.Message
	keys     []string
}

func (f *fails) take(ctx context.Context, request proto.Message) error {
	f.requests = append(f.requests, request)
	from, _ := metadata.FromIncomingContext(ctx)
	f.keys = from.Get("authorization")
	if len(f.failures) == 0 {
		return nil
	}
	failure := f.failures[0]
	f.failures = f.failures[1:]
	return failure
}

func (f *fails) EvaluateAccount(ctx context.Context, request *pb.EvaluateAccountRequest) (
	*pb.EvaluateAccountResponse, error) {
	return &pb.EvaluateAccountResponse{}, f.take(ctx, request)
}

func (f *fails) BatchEvaluateAccounts(ctx context.Context, request *pb.BatchEvaluateAccountsRequest) (
	*pb.BatchEvaluateAccountsResponse, error) {
	return &pb.BatchEvaluateAccountsResponse{}, f.take(ctx, request)
}

func (f *fails) ClaimReevaluations(ctx context.Context, request *pb.ClaimReevaluationsRequest) (
	*pb.ClaimReevaluationsResponse, error) {
	return &pb.ClaimReevaluationsResponse{}, f.take(ctx, request)
}

func (f *fails) GetAccount(ctx context.Context, request *pb.GetAccountRequest) (
	*pb.GetAccountResponse, error) {
	return &pb.GetAccountResponse{}, f.take(ctx, request)
}

func (f *fails) ExportAccounts(request *pb.ExportAccountsRequest,
	stream grpc.ServerStreamingServer[pb.ExportAccountsResponse]) error {
	return f.take(stream.Context(), request)
}

func serve(t *testing.T, options tiermark.Options) (*fails, *tiermark.Client) {
	return serveAs(t, "", options)
}

func serveAs(t *testing.T, scheme string, options tiermark.Options) (*fails, *tiermark.Client) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service, server := &fails{}, grpc.NewServer()
	pb.RegisterScoringServiceServer(server, service)
	pb.RegisterAccountServiceServer(server, service)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	options.Target = scheme + listener.Addr().String()
	client, err := tiermark.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return service, client
}

// As the server fails, with details.
func failure(code codes.Code, reason string, more ...protoadapt.MessageV1) error {
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason}}, more...)
	made, err := status.New(code, "not now").WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return made.Err()
}

func TestUnavailableIsRepeatedWithTheSameRequestId(t *testing.T) {
	service, client := serve(t, tiermark.Options{})
	down := failure(codes.Unavailable, "SHUTTING_DOWN")
	service.failures = []error{down, down}
	request := &pb.EvaluateAccountRequest{AccountId: "a"}
	for range 2 {
		if _, err := client.EvaluateAccount(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]int{}
	for _, got := range service.requests {
		ids[got.(*pb.EvaluateAccountRequest).RequestId]++
	}
	if len(service.requests) != 4 || len(ids) != 2 || ids[""] != 0 || request.RequestId != "" {
		t.Error(ids, request)
	}
}

func TestGivenRequestIdsAreKept(t *testing.T) {
	service, client := serve(t, tiermark.Options{})
	items := []*pb.EvaluateAccountRequest{{}, {RequestId: "mine"}, {}}
	_, err := client.BatchEvaluateAccounts(
		t.Context(), &pb.BatchEvaluateAccountsRequest{Requests: items})
	if err != nil {
		t.Fatal(err)
	}
	got := service.requests[0].(*pb.BatchEvaluateAccountsRequest).Requests
	if got[0].RequestId == "" || got[1].RequestId != "mine" || got[2].RequestId == "" ||
		got[0].RequestId == got[2].RequestId || items[0].RequestId != "" {
		t.Error(got, items)
	}
}

func TestAClaimIsRepeatedOnlyWhenNothingWasClaimed(t *testing.T) {
	wait := &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)}
	for _, test := range []struct {
		failure error
		calls   int
	}{
		{failure(codes.ResourceExhausted, "WRITE_QUEUE_FULL", wait), 2},
		{failure(codes.Unknown, "COMMIT_UNKNOWN"), 1},
		{status.Error(codes.Unavailable, "the connection broke"), 1},
	} {
		service, client := serve(t, tiermark.Options{})
		service.failures = []error{test.failure}
		_, err := client.ClaimReevaluations(t.Context(), &pb.ClaimReevaluationsRequest{WorkerId: "w"})
		if len(service.requests) != test.calls || (err == nil) != (test.calls == 2) {
			t.Errorf("%v: %d calls, %v", test.failure, len(service.requests), err)
		}
	}
}

func TestOtherMachinesAreSpokenToByTLS(t *testing.T) {
	for _, plaintext := range []bool{false, true} {
		// Not by its name of this machine.
		service, client := serveAs(t, "passthrough:///", tiermark.Options{
			Plaintext: plaintext, AttemptsMax: 1, Deadline: time.Second})
		_, err := client.GetAccount(t.Context(), &pb.GetAccountRequest{AccountId: "a"})
		if (err == nil) != plaintext || (len(service.requests) == 1) != plaintext {
			t.Errorf("plaintext %v: %v, %d calls", plaintext, err, len(service.requests))
		}
	}
}

func TestWhatIsRepeated(t *testing.T) {
	wait := &errdetails.RetryInfo{RetryDelay: durationpb.New(300 * time.Millisecond)}
	for _, test := range []struct {
		failure error
		calls   int
		least   time.Duration
	}{
		{failure(codes.Unknown, "COMMIT_UNKNOWN"), 2, 0},
		{failure(codes.Unavailable, "SHUTTING_DOWN", wait), 2, 300 * time.Millisecond},
		{failure(codes.ResourceExhausted, "TOO_MANY_CALLS", wait), 2, 300 * time.Millisecond},
		{failure(codes.ResourceExhausted, "NO"), 1, 0},
		{failure(codes.Unknown, "NO"), 1, 0},
		{failure(codes.InvalidArgument, "NO"), 1, 0},
		{failure(codes.NotFound, "NO"), 1, 0},
		{failure(codes.FailedPrecondition, "NO"), 1, 0},
		{failure(codes.AlreadyExists, "NO"), 1, 0},
		{failure(codes.Aborted, "NO"), 1, 0},
		{failure(codes.Internal, "NO"), 1, 0},
	} {
		service, client := serve(t, tiermark.Options{})
		service.failures = []error{test.failure}
		started := time.Now()
		_, err := client.EvaluateAccount(t.Context(), &pb.EvaluateAccountRequest{AccountId: "a"})
		if len(service.requests) != test.calls || time.Since(started) < test.least {
			t.Errorf("%v: %d calls in %v", test.failure, len(service.requests), time.Since(started))
		}
		var failure *tiermark.Error
		if test.calls == 1 && (!errors.As(err, &failure) || failure.Reason != "NO" ||
			failure.Code != status.Code(test.failure) || status.Code(err) != failure.Code) {
			t.Errorf("%v: got %v", test.failure, err)
		}
	}
}

func TestGivesUpInTheEnd(t *testing.T) {
	service, client := serve(t, tiermark.Options{})
	for range 99 {
		service.failures = append(service.failures, failure(codes.Unavailable, "DOWN"))
	}
	if _, err := client.GetAccount(t.Context(), &pb.GetAccountRequest{}); err == nil ||
		len(service.requests) != 5 {
		t.Error(err, len(service.requests))
	}
}

// Without its bound a client would go on for minutes.
func TestADeadlineBoundsRepetitionsToo(t *testing.T) {
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	for _, test := range []struct {
		ctx     context.Context
		options tiermark.Options
	}{
		{short, tiermark.Options{AttemptsMax: 99}},
		{t.Context(), tiermark.Options{AttemptsMax: 99, Deadline: 200 * time.Millisecond}},
	} {
		service, client := serve(t, test.options)
		for range 99 {
			service.failures = append(service.failures, failure(codes.Unavailable, "DOWN"))
		}
		started := time.Now()
		_, err := client.GetAccount(test.ctx, &pb.GetAccountRequest{})
		if err == nil || time.Since(started) > 5*time.Second {
			t.Error(err, time.Since(started))
		}
	}
}

func TestAllFieldsAtFaultAreTold(t *testing.T) {
	service, client := serve(t, tiermark.Options{})
	service.failures = []error{failure(codes.InvalidArgument, "INVALID_FIELDS",
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "a", Description: "is long"}, {Field: "b.c", Description: "is late"}}})}
	_, err := client.GetAccount(t.Context(), &pb.GetAccountRequest{})
	want := "InvalidArgument INVALID_FIELDS: not now\n  a: is long\n  b.c: is late"
	if err.Error() != want || len(tiermark.FromError(err).FieldViolations) != 2 {
		t.Error(err)
	}
}

func TestStreamsFailInTheSameWayAndOnlyOnce(t *testing.T) {
	service, client := serve(t, tiermark.Options{})
	service.failures = []error{failure(codes.Unavailable, "DOWN")}
	stream, err := client.ExportAccounts(t.Context(), &pb.ExportAccountsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	var failure *tiermark.Error
	if !errors.As(err, &failure) || failure.Reason != "DOWN" || len(service.requests) != 1 {
		t.Error(err, len(service.requests))
	}
}

func TestTheKeyIsTheOptionsOrTheEnvironments(t *testing.T) {
	for _, test := range []struct{ option, environment, sent string }{
		{"tmk_1", "", "Bearer tmk_1"},
		{"", "tmk_2\n", "Bearer tmk_2"},
		{"tmk_1", "tmk_2", "Bearer tmk_1"},
		{"", "", ""},
	} {
		t.Setenv("TIERMARK_KEY", test.environment)
		service, client := serve(t, tiermark.Options{Key: test.option})
		if _, err := client.GetAccount(t.Context(), &pb.GetAccountRequest{}); err != nil {
			t.Fatal(err)
		}
		if sent := strings.Join(service.keys, ","); sent != test.sent {
			t.Errorf("%v: sent %q", test, sent)
		}
	}
}
