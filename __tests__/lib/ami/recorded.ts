// What Asterisk 22.10.1 sent, as it came (addresses are this test's).

export const contactList = (id: string) => `Response: Success\r
ActionID: ${id}\r
EventList: start\r
Message: A listing of Contacts follows, presented as ContactList events\r
\r
Event: ContactList\r
ActionID: ${id}\r
ObjectType: contact\r
ObjectName: 1002;@e3c66cb39413a35c180135e996f463b1\r
ViaAddr: 127.0.4.9\r
QualifyTimeout: 1.000000\r
Qualify2xxOnly: false\r
CallId: x19583\r
RegServer: monitor-test\r
PruneOnBoot: no\r
Path: \r
Endpoint: 1002\r
ViaPort: 5071\r
AuthenticateQualify: no\r
Uri: sip:1002@127.0.4.9:5071\r
QualifyFrequency: 3\r
UserAgent: Test Phone; 1\r
ExpirationTime: 1795223571\r
OutboundProxy: \r
Status: Reachable\r
RoundtripUsec: 647\r
\r
Event: ContactListComplete\r
ActionID: ${id}\r
EventList: Complete\r
ListItems: 1\r
\r
`;

/** The empty line at the end comes twice. */
export const noContacts = (id: string) => `Response: Error\r
ActionID: ${id}\r
Message: No Contacts found\r
\r
\r
`;

export const registrationList = (id: string) => `Response: Success\r
ActionID: ${id}\r
EventList: start\r
Message: Following are Events for each Outbound registration\r
\r
Event: OutboundRegistrationDetail\r
ActionID: ${id}\r
ObjectType: registration\r
ObjectName: genesys\r
MaxRetries: 1000000\r
ClientUri: sip:1002@127.0.4.2:5060\r
SecurityNegotiation: no\r
AuthRejectionPermanent: false\r
ServerUri: sip:127.0.4.2:5060\r
MaxRandomInitialDelay: 1\r
Expiration: 60\r
OutboundAuth: genesys-auth\r
Status: Registered\r
NextReg: 0\r
\r
Event: AuthDetail\r
ActionID: ${id}\r
ObjectType: auth\r
ObjectName: genesys-auth\r
Username: 1002\r
AuthType: userpass\r
Password: top-secret-of-1002\r
\r
Event: OutboundRegistrationDetailComplete\r
ActionID: ${id}\r
EventList: Complete\r
ListItems: 1\r
Registered: 1\r
NotRegistered: 0\r
\r
`;
