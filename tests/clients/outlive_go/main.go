// Evaluates an account, says so, waits for a line, and evaluates it again while its server dies and
// comes back: a test starts it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	"github.com/tiermark/tiermark-go"
	pb "github.com/tiermark/tiermark-go/tiermarkpb"
)

func main() {
	client, err := tiermark.New(tiermark.Options{
		Target: os.Getenv("TIERMARK_ADDRESS"), Deadline: 30 * time.Second, AttemptsMax: 100})
	if err != nil {
		log.Fatal(err)
	}
	request := &pb.EvaluateAccountRequest{AccountId: "outlive", Facts: &pb.AccountFacts{
		Country: proto.String("CO"),
		PotentialMrr: []*pb.PotentialMrr{
			{Country: "CO", Amount: &money.Money{CurrencyCode: "USD", Units: 60_000}}},
		PastDueCases:       proto.Int32(500_000),
		IndustryReference:  pb.IndustryReference_INDUSTRY_REFERENCE_MARKET_LEADER.Enum(),
		OperatingCountries: []string{"CO", "PE", "EC", "CL", "MX"},
	}}
	if _, err := client.EvaluateAccount(context.Background(), request); err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	fmt.Scanln()
	answer, err := client.EvaluateAccount(
		context.Background(), &pb.EvaluateAccountRequest{AccountId: "outlive"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.GetEvaluation().GetScore())
}
