# What the Request Tracker of the tests begins with: queues, custom fields of all queues, people, rights, tokens.
# CASEWARDEN_TOKENS names the folder to which each person's token is written.

@Queues = (
    { Name => 'Support', Description => 'Support', CorrespondAddress => 'support@desk.example' },
    { Name => 'Sales', Description => 'Sales', CorrespondAddress => 'sales@desk.example' },
);

@CustomFields = map { { LookupType => 'RT::Queue-RT::Ticket', %$_ } } (
    { Name => 'Core', Type => 'SelectSingle', Values => [ map { { Name => $_ } } qw(down degraded available) ] },
    { Name => 'Severity', Type => 'FreeformSingle' },
    { Name => 'Plan', Type => 'FreeformSingle' },
    { Name => 'Close reason', Type => 'FreeformSingle' },
    { Name => 'Tags', Type => 'FreeformMultiple' },
    { Name => 'Answer due', Type => 'DateTimeSingle' },
);

@Groups = (
    { Domain => 'UserDefined', Name => 'Agents', Description => 'Agents' },
    { Domain => 'UserDefined', Name => 'Readers', Description => 'Who may only read' },
);

@Users = (
    # Its zone is UTC: custom fields of date and time are read in the zone of who writes them.
    { Name => 'casewarden', RealName => 'Casewarden', EmailAddress => 'casewarden@desk.example', Timezone => 'UTC' },
    { Name => 'alice', RealName => 'Alice Agent', EmailAddress => 'alice@desk.example' },
    { Name => 'bob', RealName => 'Bob Agent', EmailAddress => 'bob@desk.example' },
    { Name => 'reader', RealName => 'Reader', EmailAddress => 'reader@desk.example' },
    { Name => 'kim@customer.example', RealName => 'Kim Customer', EmailAddress => 'kim@customer.example' },
    { Name => 'lee@customer.example', RealName => 'Lee Customer', EmailAddress => 'lee@customer.example' },
);
$_->{Privileged} = $_->{Name} =~ /customer/ ? 0 : 1 for @Users;

@Members = (
    ( map { { Group => 'Agents', GroupDomain => 'UserDefined', Class => 'RT::User', Name => $_ } } qw(casewarden alice bob) ),
    { Group => 'Readers', GroupDomain => 'UserDefined', Class => 'RT::User', Name => 'reader' },
);

my @reads = qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField);
my @works = qw(CreateTicket ReplyToTicket CommentOnTicket ModifyTicket DeleteTicket OwnTicket TakeTicket StealTicket
    ReassignTicket ModifyCustomField ShowOutgoingEmail Watch);

@ACL = (
    ( map { { GroupDomain => 'UserDefined', GroupId => 'Agents', Right => $_ } } @reads, @works ),
    ( map { { GroupDomain => 'UserDefined', GroupId => 'Readers', Right => $_ } } @reads ),
    ( map { { GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ } } qw(CreateTicket ReplyToTicket SeeCustomField) ),
    ( map { { GroupDomain => 'RT::System-Role', GroupType => 'Requestor', Right => $_ } } qw(ShowTicket) ),
);

@Final = (
    sub {
        for my $name ( qw(root), map { $_->{Name} } @Users ) {
            my $user = RT::User->new( RT->SystemUser );
            $user->Load($name);
            my $made = RT::AuthToken->new( RT->SystemUser );
            my ( $ok, $why, $token ) = $made->Create( Owner => $user->Id, Description => 'tests' );
            die "no token for $name: $why" unless $ok;
            open my $file, '>', "$ENV{CASEWARDEN_TOKENS}/$name" or die $!;
            print {$file} $token;
            close $file or die $!;
        }
    },
);

1;
