# client.pl VARIANT FILE URL...: posts a file with LWP.
use strict;
use warnings;
use LWP::UserAgent;
my ($variant, $file, @urls) = @ARGV;
open my $handle, '<:raw', $file or die $!;
my $body = do { local $/; <$handle> };
my $agent = LWP::UserAgent->new(timeout => 25, keep_alive => 1);
my @said;
for my $url (@urls) {
    my $answer = $variant eq 'request'
        ? $agent->request(HTTP::Request->new(POST => $url, undef, $body))
        : $agent->post($url, Content => $body);
    my $made_up = ($answer->header('Client-Warning') // '') eq 'Internal response';
    push @said, $answer->code . ($made_up ? ' made up by LWP' : '');
}
print "@said\n";
