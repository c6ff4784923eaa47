# T41. A snapshot takes more than a second on its way to node 3. It goes in pieces: heartbeats come
# between them, so that nobody loses his office, and after a break of the connection it goes on
# where it was.

nodes 3 snapshot-every=5 snapshot-tail=0 bandwidth=500
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.058  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.058  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 3
       0.106  node 3  is killed
set 1 key0 a 200000
       0.106  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (200000 bytes)
set 1 key1 b 200000
       0.106  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (200000 bytes)
set 1 key2 c 200000
       0.106  node 1  is asked (3): SET key2 cccccccccccc... (200000 bytes)
set 1 key3 d 200000
       0.106  node 1  is asked (4): SET key3 dddddddddddd... (200000 bytes)
run 3000
       0.511  node 1  commits up to 3
       0.511  node 1  answers (1): done, index 3
       0.511  world   request 1 done: OK
       0.915  node 1  commits up to 4
       0.915  node 1  answers (2): done, index 4
       0.915  world   request 2 done: OK
       1.320  node 1  commits up to 5
       1.320  node 1  answers (3): done, index 5
       1.320  world   request 3 done: OK
       1.323  node 1  has saved a snapshot of index 5
       1.391  node 2  has saved a snapshot of index 5
       1.724  node 1  commits up to 6
       1.724  node 1  answers (4): done, index 6
       1.724  world   request 4 done: OK
set 1 key4 e 200000
       3.106  node 1  is asked (5): SET key4 eeeeeeeeeeee... (200000 bytes)
run 3000
       3.511  node 1  commits up to 7
       3.511  node 1  answers (5): done, index 7
       3.511  world   request 5 done: OK
start 3
       6.106  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1500
       6.158  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       6.527  node 1  node 3 needs a snapshot
reset 1 3
run 4000
       8.136  node 1  node 3 needs a snapshot
       8.296  node 3  has received the snapshot of index 5 from node 1
       8.296  node 3  is follower in term 2, leader 1, log up to 5, committed 5
       8.296  node 3  installs the snapshot of index 5
get 3 key3
      11.606  node 3  is asked (6): GET key3
run 100
      11.611  node 3  answers (6): done, index 7
      11.611  world   request 6 done: dddd... (200000 bytes)
status
      11.706  node 1  leader in term 2, log up to 7 of term 2, on disk 7, committed 7
      11.706  node 2  follower in term 2, log up to 7 of term 2, on disk 7, committed 7
      11.706  node 3  follower in term 2, log up to 7 of term 2, on disk 7, committed 7
