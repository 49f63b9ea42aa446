# One upload by Perl's LWP: perl clients.pl WAY FILE URL [FIRST_URL]; prints what its caller sees.
use strict;
use warnings;
use LWP::UserAgent;

my ($way, $path, $url, $first) = @ARGV;
if ($way eq "--version") {
    print "$LWP::UserAgent::VERSION\n";
    exit;
}
my $agent = LWP::UserAgent->new(keep_alive => 1);
$agent->get($first) if $first;
open my $file, "<:raw", $path or die;
my $body = do { local $/; <$file> };
my $answer = $way eq "post Content"
    ? $agent->post($url, Content => $body)
    : $agent->request(HTTP::Request->new(POST => $url, [], $body));
my $made_up = ($answer->header("Client-Warning") // "") eq "Internal response";
print $made_up ? "an answer that LWP made up\n" : $answer->code . "\n";
