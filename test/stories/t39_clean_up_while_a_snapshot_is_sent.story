# T39. A snapshot takes two seconds on its way to node 3. Meanwhile the leader, which keeps one file,
# saves a newer one, and the connection breaks. The file that is being sent is not deleted, and the
# transfer is not given up for the newer one: node 3 gets the whole file, and then what came later.

nodes 3 snapshot-every=5 snapshot-tail=0 snapshots-kept=1 bandwidth=100
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.055  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.055  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.057  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.060  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.063  node 1  commits up to 2
kill 3
       0.107  node 3  is killed
set 1 key0 a 80000
       0.107  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (80000 bytes)
set 1 key1 b 80000
       0.107  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (80000 bytes)
run 3000
       0.919  node 1  commits up to 3
       0.919  node 1  answers (1): done, index 3
       0.919  world   request 1 done: OK
       1.733  node 1  commits up to 4
       1.733  node 1  answers (2): done, index 4
       1.733  world   request 2 done: OK
incr 1 key7
       3.107  node 1  is asked (3): INCRBY key7 1
incr 1 key7
       3.107  node 1  is asked (4): INCRBY key7 1
incr 1 key7
       3.107  node 1  is asked (5): INCRBY key7 1
run 3000
       3.114  node 1  commits up to 7
       3.114  node 1  answers (3): done, index 5
       3.114  node 1  answers (4): done, index 6
       3.114  node 1  answers (5): done, index 7
       3.114  world   request 3 done: 1
       3.114  world   request 4 done: 2
       3.114  world   request 5 done: 3
       3.116  node 1  has saved a snapshot of index 7
       3.160  node 2  has saved a snapshot of index 7
start 3
       6.107  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 400
       6.144  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       6.146  node 1  node 3 needs a snapshot
set 1 key2 c 30000
       6.507  node 1  is asked (6): SET key2 cccccccccccc... (30000 bytes)
incr 1 key7
       6.507  node 1  is asked (7): INCRBY key7 1
incr 1 key7
       6.507  node 1  is asked (8): INCRBY key7 1
incr 1 key7
       6.507  node 1  is asked (9): INCRBY key7 1
run 400
       6.815  node 1  commits up to 8
       6.815  node 1  answers (6): done, index 8
       6.815  world   request 6 done: OK
       6.822  node 1  commits up to 11
       6.822  node 1  answers (7): done, index 9
       6.822  node 1  answers (8): done, index 10
       6.822  node 1  answers (9): done, index 11
       6.822  world   request 7 done: 4
       6.822  world   request 8 done: 5
       6.822  world   request 9 done: 6
set 1 key3 d 30000
       6.907  node 1  is asked (10): SET key3 dddddddddddd... (30000 bytes)
incr 1 key7
       6.907  node 1  is asked (11): INCRBY key7 1
incr 1 key7
       6.907  node 1  is asked (12): INCRBY key7 1
incr 1 key7
       6.907  node 1  is asked (13): INCRBY key7 1
run 600
       7.215  node 1  commits up to 12
       7.215  node 1  answers (10): done, index 12
       7.215  world   request 10 done: OK
       7.217  node 1  has saved a snapshot of index 12
       7.220  node 2  has saved a snapshot of index 12
       7.222  node 1  commits up to 15
       7.222  node 1  answers (11): done, index 13
       7.222  node 1  answers (12): done, index 14
       7.222  node 1  answers (13): done, index 15
       7.222  world   request 11 done: 7
       7.222  world   request 12 done: 8
       7.222  world   request 13 done: 9
reset 1 3
run 3000
       7.945  node 1  node 3 needs a snapshot
       8.252  node 3  has received the snapshot of index 7 from node 1
       8.252  node 3  is follower in term 2, leader 1, log up to 7, committed 7
       8.252  node 3  installs the snapshot of index 7
       8.877  node 3  has saved a snapshot of index 12
get 3 key7
      10.507  node 3  is asked (14): GET key7
run 100
      10.514  node 3  answers (14): done, index 15
      10.514  world   request 14 done: 9
status
      10.607  node 1  leader in term 2, log up to 15 of term 2, on disk 15, committed 15
      10.607  node 2  follower in term 2, log up to 15 of term 2, on disk 15, committed 15
      10.607  node 3  follower in term 2, log up to 15 of term 2, on disk 15, committed 15
